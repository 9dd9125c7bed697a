package dev.sluice.journal.embedded;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/** A change of a group itself, such as its creation or closing, with what its caller gets. */
final class GroupChange<T> implements Change {

    private final Function<CommitGroup, @Nullable T> action;
    private final boolean creates;
    private final MonoSink<T> sink;
    private @Nullable T outcome;

    private GroupChange(Function<CommitGroup, @Nullable T> action, boolean creates, MonoSink<T> sink) {
        this.action = action;
        this.creates = creates;
        this.sink = sink;
    }

    /** A change of a group that exists, which is made although there is little space left. */
    static <T> GroupChange<T> of(Function<CommitGroup, @Nullable T> action, MonoSink<T> sink) {
        return new GroupChange<>(action, false, sink);
    }

    /** The creation of a group, which is refused as a new job is. */
    static <T> GroupChange<T> creating(Function<CommitGroup, @Nullable T> action, MonoSink<T> sink) {
        return new GroupChange<>(action, true, sink);
    }

    @Override
    public void stage(CommitGroup group) {
        if (creates) {
            group.admitNew(weight());
        }
        outcome = action.apply(group);
        group.sync();
    }

    @Override
    public void committed() {
        sink.success(outcome);
    }

    @Override
    public void failed(Throwable error) {
        sink.error(error);
    }

    @Override
    public int weight() {
        return 4096; // a label and a URL
    }

    @Override
    public boolean refusable() {
        return creates;
    }
}
