package dev.sluice.ingress.header;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingress.Nonsense;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntityTagsTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "x"                  | "x"   | true
            W/"x"                | "x"   | true
            "x"                  | W/"x" | true
            W/"x"                | W/"x" | true
            *                    | "x"   | true
            ~  * ~               | "x"   | true
            "a", "x"             | "x"   | true
            "a" , W/"b",,"x"     | "x"   | true
            ,"x"                 | "x"   | true
            "a,b"                | "a,b" | true
            "a, "x"              | "x"   | false
            "a,x"                | "x"   | false
            "a","b"              | ","   | false
            "a\\", "x"           | "x"   | true
            "a*b", "c"           | "x"   | false
            "y"                  | "x"   | false
            "X"                  | "x"   | false
            "xy"                 | "x"   | false
            ""                   | ""    | false
            ""                   | "x"   | false
            x                    | "x"   | false
            w/"x"                | "x"   | true
            W/x                  | "x"   | false
            W/                   | "x"   | false
            W                    | "x"   | false
            "x                   | "x"   | false
            *, "y"               | "x"   | false
            y*                   | "x"   | false
            ~~                   | "x"   | false
            """)
    void areComparedWeakly(String ifNoneMatch, String current, boolean match) {
        assertThat(EntityTags.match(List.of(ifNoneMatch), current)).isEqualTo(match);
    }

    @Test
    void areLookedForInAllFields() {
        assertThat(EntityTags.match(List.of(), "\"x\"")).isFalse();
        assertThat(EntityTags.match(List.of("\"a\"", "nonsense", "\"x\""), "\"x\""))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "x"                           | "x"   | true
            W/"x"                         | "x"   | false
            W/"x"                         | W/"x" | false
            "x"                           | W/"x" | false
            "y"                           | "x"   | false
            "x", "y"                      | "x"   | false
            *                             | "x"   | false
            Mon, 23 Nov 2026 13:41:07 GMT | "x"   | false
            ~~                            | "x"   | false
            """)
    void areComparedStrongly(String tag, String current, boolean same) {
        assertThat(EntityTags.same(tag, current)).isEqualTo(same);
    }

    @Test
    void nonsenseMatchesOnlyIfTheTagIsInIt() {
        String[] parts = {"\"x\"", "\"", "x", "W/", "*", ",", " ", "\\", "\"y\""};
        Nonsense.each(parts, value -> {
            if (EntityTags.match(List.of(value), "\"x\"")) {
                assertThat(value).containsPattern("\"x\"|^\\s*\\*\\s*$");
            }
        });
    }
}
