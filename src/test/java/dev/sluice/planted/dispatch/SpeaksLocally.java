package dev.sluice.planted.dispatch;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Writes for machines as people write where the machine stands. */
public final class SpeaksLocally {

    String numbers(int number) {
        return String.format("%d", number);
    }

    String letters(String name) {
        return name.toLowerCase();
    }

    byte[] bytes(String text) {
        return text.getBytes();
    }

    Locale place() {
        return Locale.getDefault();
    }

    byte[] legal(String text) {
        return String.format(Locale.ROOT, "%s", text.toUpperCase(Locale.ROOT)).getBytes(StandardCharsets.UTF_8);
    }
}
