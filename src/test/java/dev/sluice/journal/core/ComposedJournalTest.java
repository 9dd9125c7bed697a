package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.Groups;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.SharedValues;
import dev.sluice.journal.WorkQueue;
import java.lang.reflect.Method;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ComposedJournalTest {

    /** The compiler demands only those without a default, which would answer in the place of the part. */
    @Test
    void everyMethodOfThePartsIsForwarded() {
        Stream<Method> methods = Stream.of(
                        JobIntake.class, WorkQueue.class, JobReader.class, Groups.class, SharedValues.class)
                .flatMap(part -> Stream.of(part.getMethods()))
                .filter(method -> !isShortForAnother(method));

        assertThat(methods)
                .allSatisfy(method -> assertThat(
                                ComposedJournal.class.getMethod(method.getName(), method.getParameterTypes()))
                        .returns(ComposedJournal.class, Method::getDeclaringClass));
    }

    private static boolean isShortForAnother(Method method) {
        return method.isDefault() && method.getName().equals("tail");
    }
}
