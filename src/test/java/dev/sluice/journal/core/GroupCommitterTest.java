package dev.sluice.journal.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.JournalOverloadedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class GroupCommitterTest {

    /** Tells itself: null for done. */
    private static final class Change implements GroupCommitter.Member {

        private final int weight;
        private final boolean refusable;
        private final CountDownLatch told = new CountDownLatch(1);
        private volatile @Nullable Throwable error;

        Change(int weight, boolean refusable) {
            this.weight = weight;
            this.refusable = refusable;
        }

        void done() {
            told.countDown();
        }

        @Nullable
        Throwable outcome() throws InterruptedException {
            assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
            return error;
        }

        @Override
        public int weight() {
            return weight;
        }

        @Override
        public boolean refusable() {
            return refusable;
        }

        @Override
        public void failed(Throwable why) {
            error = why;
            told.countDown();
        }
    }

    /** Carries a group when the test says so. */
    private static final class Ferry implements GroupCommitter.Carrier<Change> {

        private final BlockingQueue<List<Change>> arrived = new LinkedBlockingQueue<>();
        private final BlockingQueue<Runnable> go = new LinkedBlockingQueue<>();

        @Override
        public void carry(List<Change> group) {
            arrived.add(List.copyOf(group));
            try {
                go.take().run();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            group.forEach(Change::done);
        }

        List<Change> next() throws InterruptedException {
            return arrived.poll(10, TimeUnit.SECONDS);
        }

        void release() {
            go.add(() -> {});
        }
    }

    private final Ferry ferry = new Ferry();

    @Test
    void whoComesWhileAGroupIsUnderWayFormsTheNext() throws Exception {
        GroupCommitter<Change> committer = committer(1, 100, 1 << 20);
        Change first = submit(committer, 1, false);
        assertThat(ferry.next()).containsExactly(first);
        List<Change> others =
                IntStream.range(0, 5).mapToObj(i -> submit(committer, 1, false)).toList();
        ferry.release();
        assertThat(first.outcome()).isNull();
        assertThat(ferry.next()).isEqualTo(others);
        ferry.release();
        committer.close();
    }

    @Test
    void aGroupIsBoundedByCountAndByWeight() throws Exception {
        GroupCommitter<Change> committer = committer(1, 3, 100);
        submit(committer, 1, false);
        ferry.next();
        IntStream.range(0, 4).forEach(i -> submit(committer, 1, false));
        submit(committer, 99, false);
        submit(committer, 1, false);
        submit(committer, 1, false);
        IntStream.range(0, 4).forEach(i -> ferry.release());
        assertThat(ferry.next()).hasSize(3);
        assertThat(ferry.next()).hasSize(2); // 1 + 99 are heavy enough
        assertThat(ferry.next()).hasSize(2);
        committer.close();
    }

    @Test
    void whoMayBeRefusedIsRefusedWhenTooMuchWaits() throws Exception {
        GroupCommitter<Change> committer = committer(1, 10, 1 << 20);
        submit(committer, 1, false);
        ferry.next();
        submit(committer, 64 << 20, true);
        Change refused = submit(committer, 1, true);
        assertThat(refused.outcome()).isInstanceOf(JournalOverloadedException.class);
        Change taken = submit(committer, 1, false);
        IntStream.range(0, 4).forEach(i -> ferry.release());
        assertThat(taken.outcome()).isNull();
        Change later = submit(committer, 1, true);
        assertThat(later.outcome()).isNull();
        committer.close();
    }

    @Test
    void closingCarriesWhatWaitsAndRefusesWhatComesLater() throws Exception {
        GroupCommitter<Change> committer = committer(1, 2, 1 << 20);
        List<Change> taken =
                IntStream.range(0, 7).mapToObj(i -> submit(committer, 1, false)).toList();
        IntStream.range(0, 8).forEach(i -> ferry.release());
        committer.close();
        for (Change change : taken) {
            assertThat(change.outcome()).isNull();
        }
        assertThat(submit(committer, 1, false).outcome())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the journal is closed");
    }

    @Test
    void aMistakeIsToldToItsGroupAndTheLaneGoesOn() throws Exception {
        GroupCommitter<Change> committer = committer(1, 10, 1 << 20);
        Change unlucky = submit(committer, 1, false);
        ferry.go.add(() -> {
            throw new IllegalArgumentException("planted");
        });
        assertThat(unlucky.outcome()).hasMessage("planted");
        Change next = submit(committer, 1, false);
        ferry.release();
        assertThat(next.outcome()).isNull();
        committer.close();
    }

    @Test
    void severalLanesCarryAtOnce() throws Exception {
        GroupCommitter<Change> committer = committer(2, 1, 1 << 20);
        Change first = submit(committer, 1, false);
        Change second = submit(committer, 1, false);
        assertThat(List.of(ferry.next().get(0), ferry.next().get(0))).containsExactlyInAnyOrder(first, second);
        ferry.release();
        ferry.release();
        committer.close();
    }

    @Test
    void manyCallersAtOnceAreAllTold() throws Exception {
        AtomicInteger groups = new AtomicInteger();
        ConcurrentLinkedQueue<Change> told = new ConcurrentLinkedQueue<>();
        GroupCommitter<Change> committer = new GroupCommitter<>("test-writer", 2, 64, 1 << 20, group -> {
            groups.incrementAndGet();
            group.forEach(told::add);
            group.forEach(Change::done);
        });
        committer.start();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread caller = new Thread(() -> IntStream.range(0, 5_000).forEach(j -> submit(committer, 1, false)));
            caller.start();
            callers.add(caller);
        }
        for (Thread caller : callers) {
            caller.join();
        }
        committer.close();
        assertThat(told).hasSize(40_000).doesNotHaveDuplicates();
        assertThat(groups.get()).isPositive();
    }

    private GroupCommitter<Change> committer(int lanes, int members, long weight) {
        GroupCommitter<Change> committer = new GroupCommitter<>("test-writer", lanes, members, weight, ferry);
        committer.start();
        return committer;
    }

    private static Change submit(GroupCommitter<Change> committer, int weight, boolean refusable) {
        Change change = new Change(weight, refusable);
        committer.submit(change);
        return change;
    }
}
