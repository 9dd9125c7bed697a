package dev.sluice.ingress;

import java.util.Random;
import java.util.function.Consumer;

/** Field values that nobody means, the same ones in each run: some almost right, some of any characters. */
public final class Nonsense {

    private static final int VALUES = 10_000;

    private Nonsense() {}

    /**
     * Hands out values.
     *
     * @param parts of what they are made, besides characters that no field can have
     */
    public static void each(String[] parts, Consumer<String> reader) {
        Random random = new Random(7_240);
        for (int i = 0; i < VALUES; i++) {
            StringBuilder value = new StringBuilder();
            int length = random.nextInt(12);
            for (int j = 0; j < length; j++) {
                value.append(
                        random.nextInt(20) == 0
                                ? String.valueOf((char) random.nextInt(0x300))
                                : parts[random.nextInt(parts.length)]);
            }
            try {
                reader.accept(value.toString());
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("the value was '" + value + "'", e);
            }
        }
    }
}
