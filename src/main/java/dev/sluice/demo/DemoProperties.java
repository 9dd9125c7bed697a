package dev.sluice.demo;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The demo backend, if the profile {@code demo} is active.
 *
 * @param port Port of the demo backend on loopback; 0 for any that is free.
 */
@ConfigurationProperties(prefix = "sluice.demo", ignoreUnknownFields = false)
record DemoProperties(@DefaultValue("9000") int port) {}
