package dev.sluice.ingress.header;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Nonsense;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreferencesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            respond-async                                 | true  | -1
            Respond-ASYNC                                 | true  | -1
            respond-async=""                              | true  | -1
            respond-async;                                | true  | -1
            respond-async; p; q=1 ;r = "x,y"              | true  | -1
            wait=5                                        | false | 5
            WAIT = 5                                      | false | 5
            wait="5"                                      | false | 5
            wait="\\5"                                    | false | 5
            wait=0                                        | false | 0
            wait=007                                      | false | 7
            wait=5;p="a;b,c"                              | false | 5
            wait=2147483648                               | false | 2147483647
            wait=99999999999999999999999999999999999999   | false | 2147483647
            respond-async, wait=10                        | true  | 10
            wait=10,respond-async                         | true  | 10
            ,, ,respond-async,,wait=10, ,                 | true  | 10
            foo, x="a, wait=1", respond-async             | true  | -1
            x="a\\", wait=1", wait=2                      | false | 2
            wait=1, wait=2                                | false | 1
            wait=x, wait=2                                | false | -1
            respond-async=x, respond-async                | false | -1
            handling=lenient, return=minimal, wait=3      | false | 3
            foo bar, wait=3                               | false | 3
            """)
    void areRead(String value, boolean respondAsync, int wait) {
        assertThat(Preferences.of(List.of(value))).isEqualTo(new Preferences(respondAsync, wait));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ",",
                "wait",
                "wait=",
                "wait=\"\"",
                "wait=-1",
                "wait=+1",
                "wait=1.5",
                "wait=1s",
                "wait= 1 2",
                "wait=٣",
                "wait=\"5",
                "wait=\" 5\"",
                "wait=5;=x",
                "wait=5;p=",
                "wait=5;p=\"",
                "wait=5;p=1 2",
                "wait 5",
                "await=5",
                "wait-=5",
                "respond-async=true",
                "respond-async=",
                "respond-async x",
                "respond-async/",
                "\"respond-async\"",
                "x=\"respond-async, wait=5",
                "=wait"
            })
    void areIgnoredWhenMalformedOrUnknown(String value) {
        assertThat(Preferences.of(List.of(value))).isSameAs(Preferences.NONE);
    }

    @Test
    void areReadFromAllFields() {
        assertThat(Preferences.of(List.of("foo", "wait=7", "respond-async, wait=9")))
                .isEqualTo(new Preferences(true, 7));
        HttpHeaders request = new DefaultHttpHeaders();
        assertThat(Preferences.of(request)).isSameAs(Preferences.NONE);
        request.add("prefer", "wait=4").add("PREFER", "respond-async");
        assertThat(Preferences.of(request)).isEqualTo(new Preferences(true, 4));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            respond-async                                       |
            Wait = 5; x=y                                       |
            respond-async, wait=10                              |
            , respond-async ,,                                  |
            wait=x                                              |
            return=minimal, respond-async                       | return=minimal
            respond-async, return=minimal                       | return=minimal
            wait=1,return=minimal;a="b, wait=2" , wait=3,x      | return=minimal;a="b, wait=2" ,x
            a, wait=1, b                                        | a, b
            a,wait=1,wait=2,  b="\\",wait=3"; c                 | a,  b="\\",wait=3"; c
            x="respond-async, wait=5                            | x="respond-async, wait=5
            """)
    void arePassedOnWithoutThoseOfTheGateway(String value, String rest) {
        assertThat(Preferences.rest(value)).isEqualTo(rest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"return=minimal", "handling = lenient ;x, waiting=1 ,, foo", "\"wait=1\""})
    void arePassedOnAsTheyAreIfNoneIsForTheGateway(String value) {
        assertThat(Preferences.rest(value)).isSameAs(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ",", " ,\t,"})
    void areNotPassedOnIfThereAreNone(String value) {
        assertThat(Preferences.rest(value)).isNull();
    }

    @Test
    void nonsenseDoesNoHarm() {
        String[] parts = {"respond-async", "wait", "=", "5", "\"", "\\", ",", ";", " ", "\t", "foo", "-", "99999999999"
        };
        Nonsense.each(parts, value -> {
            assertThat(Preferences.of(List.of(value, value)).waitSeconds()).isGreaterThanOrEqualTo(-1);
            String rest = Preferences.rest(value);
            if (rest != null) {
                assertThat(Preferences.of(List.of(rest))).isSameAs(Preferences.NONE);
                assertThat(Preferences.rest(rest)).isEqualTo(rest);
            }
        });
    }
}
