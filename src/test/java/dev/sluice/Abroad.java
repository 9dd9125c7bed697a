package dev.sluice;

import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs tests under locales and a time zone that write letters, numbers and dates otherwise than machines expect: each under
 * one of {@link #LOCALES}, always the same one, and about as many under each. To be registered in a static field.
 */
public final class Abroad implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {

    /**
     * A dotless i, digits of its own, and besides those years of its own. Another list, or one of them for all tests, may be
     * given as a system property.
     */
    public static final List<String> LOCALES =
            List.of(System.getProperty("sluice.locales", "tr-TR,ar-EG-u-nu-arab,th-TH-u-ca-buddhist-nu-thai")
                    .split(","));

    private final Locale locale = Locale.getDefault();
    private final TimeZone zone = TimeZone.getDefault();

    @Override
    public void beforeAll(ExtensionContext context) {
        enter(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        enter(context);
    }

    /** Whoever reports on the test reads it at home. */
    @Override
    public void afterEach(ExtensionContext context) {
        leave();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        leave();
    }

    /** From now on, until {@link #leave}. */
    public void enter(String languageTag) {
        Locale.setDefault(Locale.forLanguageTag(languageTag));
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu")); // 5:45 h ahead
    }

    /** Everything is as it was when this was made. */
    public void leave() {
        Locale.setDefault(locale);
        TimeZone.setDefault(zone);
    }

    private void enter(ExtensionContext context) {
        enter(LOCALES.get(Math.floorMod(context.getUniqueId().hashCode(), LOCALES.size())));
    }
}
