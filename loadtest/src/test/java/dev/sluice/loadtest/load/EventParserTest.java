package dev.sluice.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventParserTest {

    private static final String STREAM = """
            : hello
            retry: 2000
            id: 1
            event: accepted
            data: {"text":"ä

            : heartbeat
            id: 2
            event: progress
            data: one
            data:  two

            event: nothing

            id: 3
            event: succeeded
            data:{}

            """;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 1000})
    void readsTheSameHoweverTheBytesAreCut(int size) {
        assertThat(read(STREAM, size))
                .extracting(Event::id, Event::type, Event::data)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("1", "accepted", "{\"text\":\"ä"),
                        org.assertj.core.groups.Tuple.tuple("2", "progress", "one\n two"),
                        org.assertj.core.groups.Tuple.tuple("3", "succeeded", "{}"));
    }

    @Test
    void takesLinesThatEndWithCrLf() {
        assertThat(read("id: 7\r\ndata: x\r\n\r\n", 3))
                .extracting(Event::id, Event::type, Event::data)
                .containsExactly(org.assertj.core.groups.Tuple.tuple("7", "message", "x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"i", "id: 1", "event: x\n", "data: x\n", "data\n"})
    void isInTheMiddleOfAnEvent(String read) {
        EventParser parser = new EventParser();
        assertThat(parser.betweenEvents()).isTrue();

        parser.feed(Unpooled.copiedBuffer(read, StandardCharsets.UTF_8));
        assertThat(parser.betweenEvents()).isFalse();

        parser.feed(Unpooled.copiedBuffer("\n\n", StandardCharsets.UTF_8));
        assertThat(parser.betweenEvents()).isTrue();
    }

    private static List<Event> read(String text, int size) {
        EventParser parser = new EventParser();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        List<Event> events = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += size) {
            events.addAll(parser.feed(Unpooled.wrappedBuffer(bytes, at, Math.min(size, bytes.length - at))));
        }
        return events;
    }
}
