package dev.sluice.queue;

import dev.sluice.job.Job;
import dev.sluice.job.JobEvent;
import dev.sluice.job.JobId;
import dev.sluice.job.JobResult;
import dev.sluice.job.Output;
import dev.sluice.job.Transition;
import dev.sluice.journal.Backlog;
import dev.sluice.journal.Ending;
import dev.sluice.journal.Groups;
import dev.sluice.journal.Health;
import dev.sluice.journal.Interest;
import dev.sluice.journal.JobIntake;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalUnavailableException;
import dev.sluice.journal.ReceivedBody;
import dev.sluice.journal.SharedValues;
import dev.sluice.journal.StandingClaim;
import dev.sluice.journal.StoredRequest;
import dev.sluice.journal.WorkQueue;
import dev.sluice.journal.core.ComposedJournal;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/** A journal of which some verbs fail for as long as a test wants, and that counts how often they were tried. */
public class UnreliableJournal extends ComposedJournal {

    /** The verbs that can fail. */
    public enum Verb {
        CLAIM,
        RENEW,
        RECORD,
        RECEIVE,
        STREAM,
        FINISH,
        REQUEST,
        FAIL_OVERDUE
    }

    private final Journal journal;
    private final Map<Verb, RuntimeException> failing = new ConcurrentHashMap<>();
    private final Map<Verb, RuntimeException> throwing = new ConcurrentHashMap<>();
    private final AtomicInteger cuts = new AtomicInteger();
    private final Map<Verb, AtomicInteger> tries = new ConcurrentHashMap<>();
    private final AtomicInteger tails = new AtomicInteger();
    private final Sinks.Many<JobEvent> elsewhere = Sinks.many().multicast().directBestEffort();
    private volatile Sinks.Empty<JobEvent> breaking = Sinks.empty();
    private final AtomicInteger unfinished = new AtomicInteger();
    private volatile Mono<Void> claimGate = Mono.empty();
    private final List<Map<String, Demand>> demands = new CopyOnWriteArrayList<>();
    private final List<String> offered = new CopyOnWriteArrayList<>();
    private volatile AtomicBoolean standing = new AtomicBoolean();
    private volatile int nodes = 1;
    private final AtomicInteger listening = new AtomicInteger();
    private volatile Sinks.Many<String> offers = Sinks.many().multicast().directBestEffort();

    public UnreliableJournal(Journal journal) {
        this.journal = journal;
        EnumSet.allOf(Verb.class).forEach(verb -> tries.put(verb, new AtomicInteger()));
    }

    public void fail(Verb... verbs) {
        failWith(new JournalUnavailableException("the test took it away", null), verbs);
    }

    public void failWith(RuntimeException error, Verb... verbs) {
        Set.of(verbs).forEach(verb -> failing.put(verb, error));
    }

    /** The verb throws, which no journal should. */
    public void throwFrom(Verb verb, RuntimeException error) {
        throwing.put(verb, error);
    }

    /** Fails the body of a request after half of its first piece, for that many readings. */
    public void cutRequests(int times) {
        cuts.set(times);
    }

    public void recover() {
        failing.clear();
        throwing.clear();
    }

    /** Makes so many claims say that there is more to be gone on with. */
    public void leaveUnfinished(int claims) {
        unfinished.set(claims);
    }

    /** Makes claims, once made, keep their answer back until the gate completes. */
    public void keepBackClaims(Mono<Void> gate) {
        claimGate = gate;
    }

    /** How often a verb was tried, successfully or not. */
    public int tries(Verb verb) {
        return tries.get(verb).get();
    }

    /** How often somebody began to listen. */
    public int tails() {
        return tails.get();
    }

    /** Fails all tails there are now. */
    public void breakTails(RuntimeException error) {
        Sinks.Empty<JobEvent> before = breaking;
        breaking = Sinks.empty();
        before.tryEmitError(error).orThrow();
    }

    /** Says from now on that so many nodes share it. */
    public void sharedBy(int many) {
        nodes = many;
    }

    /** What claims asked for, the latest last. */
    public List<Map<String, Demand>> demands() {
        return demands;
    }

    /** What was offered to other nodes. */
    public List<String> offered() {
        return offered;
    }

    /** How many listen for offers. */
    public int listening() {
        return listening.get();
    }

    /** Offers jobs of a route as another node would. */
    public void offerFromElsewhere(String route) {
        offers.tryEmitNext(route).orThrow();
    }

    /** Fails those that listen for offers now. */
    public void breakOffers(RuntimeException error) {
        Sinks.Many<String> before = offers;
        offers = Sinks.many().multicast().directBestEffort();
        before.tryEmitError(error).orThrow();
    }

    @Override
    protected JobIntake intake() {
        return journal;
    }

    @Override
    protected WorkQueue work() {
        return journal;
    }

    @Override
    protected JobReader reader() {
        return journal;
    }

    @Override
    protected Groups groups() {
        return journal;
    }

    @Override
    protected SharedValues values() {
        return journal;
    }

    private <T> Mono<T> guarded(Verb verb, Mono<T> real) {
        RuntimeException thrown = throwing.get(verb);
        if (thrown != null) {
            tries.get(verb).incrementAndGet();
            throw thrown;
        }
        return Mono.defer(() -> {
            tries.get(verb).incrementAndGet();
            RuntimeException error = failing.get(verb);
            return error == null ? real : Mono.error(error);
        });
    }

    @Override
    public Mono<Claimed> claim(Map<String, Demand> demand, Duration lease) {
        return guarded(Verb.CLAIM, journal.claim(demand, lease))
                .doOnSubscribe(subscription -> demands.add(demand))
                .delayUntil(claimed -> claimGate)
                .map(claimed -> new Claimed(
                        claimed.jobs(),
                        claimed.nextDueAt(),
                        claimed.more() || unfinished.getAndUpdate(n -> Math.max(0, n - 1)) > 0));
    }

    @Override
    public StandingClaim stand(Map<String, Demand> demand, Duration lease) {
        StandingClaim claim = journal.stand(demand, lease);
        AtomicBoolean stands = new AtomicBoolean(true);
        standing = stands;
        return new StandingClaim() {
            @Override
            public Mono<Claimed> claimed() {
                return claim.claimed().doOnTerminate(() -> stands.set(false));
            }

            @Override
            public boolean withdraw() {
                boolean withdrawn = claim.withdraw();
                stands.compareAndSet(withdrawn, false);
                return withdrawn;
            }
        };
    }

    /** Whether a claim stands. */
    public boolean stands() {
        return standing.get();
    }

    @Override
    public void offer(String route) {
        offered.add(route);
    }

    @Override
    public Flux<String> offers() {
        return Flux.defer(() -> offers.asFlux())
                .doOnSubscribe(subscription -> listening.incrementAndGet())
                .doFinally(signal -> listening.decrementAndGet());
    }

    @Override
    public Mono<List<JobId>> renew(Collection<Job> claimed, Duration lease) {
        return guarded(Verb.RENEW, journal.renew(claimed, lease));
    }

    @Override
    public Mono<Job> record(Job claimed, Transition move) {
        return guarded(Verb.RECORD, journal.record(claimed, move));
    }

    /** Takes the body before it fails, as a journal does that cannot write. */
    @Override
    public Mono<ReceivedBody> receive(Job claimed, Flux<byte[]> body) {
        tries.get(Verb.RECEIVE).incrementAndGet();
        RuntimeException error = failing.get(Verb.RECEIVE);
        return error == null ? journal.receive(claimed, body) : body.then(Mono.error(error));
    }

    @Override
    public Mono<Job> finish(Job claimed, Ending ending, ReceivedBody body) {
        return guarded(Verb.FINISH, journal.finish(claimed, ending, body));
    }

    @Override
    public Mono<StoredRequest> request(JobId id) {
        return guarded(Verb.REQUEST, journal.request(id))
                .map(request -> cuts.getAndUpdate(left -> Math.max(0, left - 1)) == 0 ? request : cut(request));
    }

    private static StoredRequest cut(StoredRequest request) {
        Flux<byte[]> half = request.body().take(1).map(piece -> Arrays.copyOf(piece, (piece.length + 1) / 2));
        return new StoredRequest(
                request.head(),
                request.size(),
                half.concatWith(Mono.error(new JournalUnavailableException("the test took it away", null))));
    }

    @Override
    public Flux<JobEvent> tail(Interest interest) {
        return Flux.defer(() -> {
            tails.incrementAndGet();
            Flux<JobEvent> others =
                    elsewhere.asFlux().filter(event -> interest.follows(event.job()) && interest.wants(event));
            return Flux.merge(journal.tail(interest), others, breaking.asMono());
        });
    }

    /** Tells what another node recorded, or says it did. */
    public void tellFromElsewhere(JobEvent event) {
        elsewhere.tryEmitNext(event).orThrow();
    }

    /** Records a batch again and again until it can, as every journal does. */
    @Override
    public Mono<ReceivedBody> stream(Job claimed, JobResult head, Flux<List<Output>> batches) {
        Flux<List<Output>> held = batches.concatMap(
                batch -> guarded(Verb.STREAM, Mono.just(batch))
                        .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(5))),
                0);
        return journal.stream(claimed, head, held);
    }

    @Override
    public byte[] secret() {
        return journal.secret();
    }

    @Override
    public Mono<Instant> failOverdue() {
        return guarded(Verb.FAIL_OVERDUE, journal.failOverdue());
    }

    @Override
    public Backlog backlog() {
        Backlog real = journal.backlog();
        return new Backlog() {
            @Override
            public RouteBacklog of(String route) {
                return real.of(route);
            }

            @Override
            public long ahead(String route, int urgency) {
                return real.ahead(route, urgency);
            }

            @Override
            public long ahead(String route, int urgency, long turn) {
                return real.ahead(route, urgency, turn);
            }

            @Override
            public long unfinished(String route, long client) {
                return real.unfinished(route, client);
            }

            @Override
            public long waiting() {
                return real.waiting();
            }

            @Override
            public Set<String> routes() {
                return real.routes();
            }

            @Override
            public int nodes() {
                return nodes;
            }
        };
    }

    @Override
    public Flux<Long> purge(Duration tombstones) {
        return journal.purge(tombstones);
    }

    @Override
    public Health health() {
        return journal.health();
    }

    @Override
    public void close() {
        journal.close();
    }
}
