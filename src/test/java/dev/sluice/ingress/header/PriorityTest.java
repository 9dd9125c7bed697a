package dev.sluice.ingress.header;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Nonsense;
import dev.sluice.route.Route;
import dev.sluice.route.Routes;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PriorityTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            u=0                                                            | 0
            u=7                                                            | 7
            u=5, i                                                         | 5
            i, u=1                                                         | 1
            i=?0,u=1                                                       | 1
            ~  u=2  ~                                                      | 2
            u=2;x;y=1;z="a,b"                                              | 2
            u=1, u=6                                                       | 6
            u=1 ,\t u=6                                                    | 6
            a, b=2, *c=tok:en/x, d-e_f.g*=1.25, u=4                        | 4
            s="q \\" \\\\ , u=1", u=2                                      | 2
            l=(1 "a, b" tok;p=1 ( ), u=2                                   | 3
            l=(1 "a, b"   tok;p=1 ), m=();q, u=2                           | 2
            b=:aGVsbG8=:, u=2                                              | 2
            d=@1659578233, d2=@-1, u=2                                     | 2
            s=%"f%c3%bc", u=2                                              | 2
            u=-0                                                           | 0
            n=-999999999999999, f=-123456789012.123, u=2                   | 2
            """)
    void isRead(String value, int urgency) {
        assertThat(Priority.urgency(List.of(value))).isEqualTo(urgency);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   ",
                "i",
                "u",
                "u=8",
                "u=-1",
                "u=999999999999999",
                "u=1000000000000000",
                "u=1.0",
                "u=\"1\"",
                "u=one",
                "u=?1",
                "u=@1",
                "u=(1)",
                "U=1",
                "u =1",
                "u= 1",
                "u=1,",
                "u=1, ",
                ",u=1",
                "u=1,,i",
                "u=1 i",
                "u=1;",
                "u=1;X",
                "u=1;x=",
                "u=1, u=9",
                "u=1, u",
                "u=1, =2",
                "u=1, a=",
                "u=1, a=\"x",
                "u=1, a=\"\\x\"",
                "u=1, a=\"ü\"",
                "u=1, a=(1",
                "u=1, a=(1\"a\")",
                "u=1, a=?2",
                "u=1, a=:_:",
                "u=1, a=:ab",
                "u=1, a=@1.5",
                "u=1, a=%x",
                "u=1, a=%\"%C3\"",
                "u=1, a=%\"%c",
                "u=1, a=1.",
                "u=1, a=1.2345",
                "u=1, a=1234567890123.1",
                "u=1, a=-",
                "u=1, a=!",
                "u=1, a\u0000",
                "u=1\u0000"
            })
    void isTheDefaultWhenItCannotBeUsed(String value) {
        assertThat(Priority.urgency(List.of(value))).isEqualTo(Priority.DEFAULT);
    }

    @Test
    void isReadFromAllFieldsAsFromOne() {
        assertThat(Priority.urgency(List.of("u=1", "i"))).isEqualTo(1);
        assertThat(Priority.urgency(List.of("u=1", "u=2"))).isEqualTo(2);
        assertThat(Priority.urgency(List.of("u=1,", "u=2"))).isEqualTo(Priority.DEFAULT);
        HttpHeaders request = new DefaultHttpHeaders();
        Route route = Routes.route("r", "/**", "http://backend");
        assertThat(Priority.urgency(request, route)).isEqualTo(Priority.DEFAULT);
        request.add("priority", "i").add("Priority", "u=6");
        assertThat(Priority.urgency(request, route)).isEqualTo(6);
    }

    @Test
    void isNotWhatABrowserSendsByItself() {
        Route route = Routes.route("r", "/**", "http://backend");
        HttpHeaders request = new DefaultHttpHeaders().add("Priority", "u=1, i");
        assertThat(Priority.urgency(request, route)).isEqualTo(1);
        assertThat(Priority.urgency(request.add("sec-fetch-mode", "cors"), route))
                .isEqualTo(Priority.DEFAULT);
    }

    @Test
    void isNotLookedAtWhereTheRouteSaysSo() {
        HttpHeaders request = new DefaultHttpHeaders().add("Priority", "u=1");
        assertThat(Priority.urgency(request, Routes.route("r", "/**", "http://backend", "priority=false")))
                .isEqualTo(Priority.DEFAULT);
    }

    @Test
    void nonsenseIsNeverMoreThanAnUrgency() {
        String[] parts = {
            "u", "=", "5", "1", "\"", "\\", ",", ";", " ", "(", ")", ":", "?", "@", "%", ".", "-", "*", "i", "A"
        };
        Nonsense.each(parts, value -> {
            assertThat(Priority.urgency(List.of(value))).isBetween(0, 7);
            assertThat(Priority.urgency(List.of("u=1, " + value))).isBetween(0, 7);
        });
    }
}
