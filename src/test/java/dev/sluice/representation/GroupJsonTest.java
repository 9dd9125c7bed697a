package dev.sluice.representation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.job.Group;
import dev.sluice.job.GroupEvent;
import dev.sluice.job.GroupId;
import dev.sluice.job.JobId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class GroupJsonTest {

    private static final Instant CREATED = Instant.parse("2026-11-23T13:41:07.123Z");
    private static final GroupId ID =
            new GroupId(JobId.parse("01m84a74dkhs5y1mf0nh73hqjn").orElseThrow());

    private final GroupJson json = new GroupJson(new GroupLinks("", "/groups"));

    private static Group group(String label, int size, Instant closed, Instant finished, Group.Counts counts) {
        Group.Spec spec = new Group.Spec(CREATED, label, size, Duration.ofHours(1), null);
        return new Group(ID, spec, 9, CREATED, closed, finished, counts);
    }

    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }

    @Test
    void showsWhatAppliesToAnOpenGroup() {
        assertThat(text(json.group(group(null, 0, null, null, Group.Counts.NONE), null)))
                .isEqualTo("{\"id\":\"01m84a74dkhs5y1mf0nh73hqjn\",\"state\":\"open\","
                        + "\"createdAt\":\"2026-11-23T13:41:07.123Z\","
                        + "\"jobs\":{\"total\":0,\"queued\":0,\"running\":0,\"succeeded\":0,\"failed\":0,\"cancelled\":0},"
                        + "\"links\":{\"self\":\"/groups/01m84a74dkhs5y1mf0nh73hqjn\","
                        + "\"events\":\"/groups/01m84a74dkhs5y1mf0nh73hqjn/events\","
                        + "\"jobs\":\"/groups/01m84a74dkhs5y1mf0nh73hqjn/jobs\"}}");
    }

    @Test
    void showsAllOfAFinishedOneBehindAPrefix() {
        Group finished = group(
                "a \"label\"\n", 5, CREATED.plusSeconds(1), CREATED.plusSeconds(2), new Group.Counts(0, 0, 2, 1, 2));
        assertThat(text(json.behind("/api").group(finished, null)))
                .contains("\"label\":\"a \\\"label\\\"\\u000a\",\"state\":\"finished\"")
                .contains("\"closedAt\":\"2026-11-23T13:41:08.123Z\",\"finishedAt\":\"2026-11-23T13:41:09.123Z\","
                        + "\"expiresAt\":\"2026-11-23T14:41:09.123Z\",\"size\":5,\"jobs\":{\"total\":5,")
                .contains("\"percent\":100.00")
                .contains("\"self\":\"/api/groups/");
    }

    @Test
    void countsJobsThatAreStillToJoin() {
        Group.Counts counts = new Group.Counts(1, 1, 1, 0, 0);
        assertThat(text(json.group(group(null, 10, null, null, counts), null))).contains("\"percent\":10.00");
        assertThat(text(json.group(group(null, 10, CREATED, null, counts), null)))
                .contains("\"state\":\"closed\"")
                .contains("\"percent\":33.33");
        assertThat(text(json.group(group(null, 0, null, null, counts), CREATED)))
                .contains("\"percent\":33.33,\"estimate\":{\"finishAt\":\"2026-11-23T13:41:07.123Z\"}");
    }

    @Test
    void tellsWhatChanged() {
        Group created = group(null, 0, null, null, Group.Counts.NONE);
        String shown = text(json.group(created, null));
        assertThat(text(json.event(new GroupEvent.OfGroup(1, GroupEvent.Change.CREATED, CREATED, created))))
                .isEqualTo("{\"change\":\"created\",\"at\":\"2026-11-23T13:41:07.123Z\",\"group\":" + shown + "}");
        assertThat(text(json.summary(created))).isEqualTo("{\"group\":" + shown + "}");
    }
}
