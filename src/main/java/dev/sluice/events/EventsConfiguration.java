package dev.sluice.events;

import dev.sluice.journal.JobReader;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.internal.PlatformDependent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Puts the event streams together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EventsProperties.class)
class EventsConfiguration {

    @Bean(destroyMethod = "dispose")
    Scheduler eventsScheduler() {
        return Schedulers.newSingle("sluice-events", true);
    }

    /** A quarter of what the heap may grow to, or of what lies outside of it if that is less: answers wait there. */
    @Bean
    WaitingBytes waitingBytes(EventsMeters meters) {
        long memory = Math.min(Runtime.getRuntime().maxMemory(), PlatformDependent.maxDirectMemory());
        WaitingBytes waiting = new WaitingBytes(memory / 4, System::nanoTime, Schedulers.parallel()::schedule);
        meters.countBytes(waiting);
        return waiting;
    }

    @Bean
    EventsMeters eventsMeters(MeterRegistry registry) {
        return new EventsMeters(registry);
    }

    /** The JSON is the ingress's to make: it knows where jobs are served. */
    @Bean
    Followers followers(JobReader journal, JobJson json, EventsMeters meters, Scheduler eventsScheduler) {
        return new Followers(journal, json, meters, eventsScheduler);
    }

    @Bean
    EventStream eventStream(
            JobReader journal,
            Followers followers,
            JobJson json,
            EventsProperties properties,
            WaitingBytes waiting,
            EventsMeters meters,
            Scheduler eventsScheduler) {
        return new EventStream(journal, followers, json, properties, waiting, meters, eventsScheduler);
    }

    @Bean
    JobWatch jobWatch(JobReader journal, Followers followers, EventsMeters meters, Scheduler eventsScheduler) {
        return new JobWatch(journal, followers, meters, eventsScheduler);
    }

    @Bean
    AllEvents allEvents(
            JobReader journal,
            JobJson json,
            EventsProperties properties,
            EventsMeters meters,
            Scheduler eventsScheduler) {
        return new AllEvents(journal, json, properties, meters, eventsScheduler);
    }
}
