package dev.sluice;

import java.util.Locale;
import java.util.TimeZone;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a class of tests under a locale and a time zone that write letters, numbers and dates otherwise than machines expect.
 * To be registered in a static field.
 */
public final class Abroad implements BeforeAllCallback, AfterAllCallback {

    private final Locale locale = Locale.getDefault();
    private final TimeZone zone = TimeZone.getDefault();
    private final Locale other;

    /** Under a locale such as {@code th-TH-u-nu-thai}. */
    public Abroad(String languageTag) {
        other = Locale.forLanguageTag(languageTag);
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Locale.setDefault(other);
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu")); // 5:45 h ahead
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Locale.setDefault(locale);
        TimeZone.setDefault(zone);
    }
}
