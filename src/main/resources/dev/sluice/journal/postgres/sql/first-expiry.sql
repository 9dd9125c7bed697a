select millis(), {first-expiry}
