package dev.sluice.events;

import dev.sluice.journal.Groups;
import dev.sluice.journal.JobReader;
import dev.sluice.protection.RouteEvents;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.JobJson;
import dev.sluice.waiting.WaitingBytes;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.internal.PlatformDependent;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Configures the event streams. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EventsProperties.class)
class EventsConfiguration {

    @Bean(destroyMethod = "dispose")
    Scheduler eventsScheduler() {
        return Schedulers.newSingle("sluice-events", true);
    }

    /** A quarter of the largest heap, or of the largest direct memory if that is less: that is where responses wait. */
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
    JobEventMulticaster jobEventMulticaster(
            JobReader journal, JobJson json, EventsMeters meters, Scheduler eventsScheduler) {
        return new JobEventMulticaster(journal, json, meters, eventsScheduler);
    }

    @Bean
    EventStream eventStream(
            JobReader journal,
            JobEventMulticaster jobEventMulticaster,
            JobJson json,
            EventsProperties properties,
            WaitingBytes waiting,
            EventsMeters meters,
            Scheduler eventsScheduler) {
        return new EventStream(journal, jobEventMulticaster, json, properties, waiting, meters, eventsScheduler);
    }

    @Bean
    JobWatch jobWatch(
            JobReader journal,
            JobEventMulticaster jobEventMulticaster,
            EventsMeters meters,
            Scheduler eventsScheduler) {
        return new JobWatch(journal, jobEventMulticaster, meters, eventsScheduler);
    }

    @Bean
    GroupStream groupStream(
            Groups journal,
            JobJson json,
            GroupJson groupJson,
            EventsProperties properties,
            WaitingBytes waiting,
            EventsMeters meters,
            Scheduler eventsScheduler) {
        return new GroupStream(journal, new GroupFrames(json, groupJson), properties, waiting, meters, eventsScheduler);
    }

    @Bean
    GroupWatch groupWatch(Groups journal, GroupStream groupStream, EventsMeters meters, Scheduler eventsScheduler) {
        return new GroupWatch(journal, groupStream, meters, eventsScheduler);
    }

    @Bean
    Answers answers(
            JobReader journal,
            JobEventMulticaster jobEventMulticaster,
            WaitingBytes waiting,
            Scheduler eventsScheduler) {
        return new Answers(journal, jobEventMulticaster, waiting, eventsScheduler);
    }

    @Bean
    AllEvents allEvents(
            JobReader journal,
            RouteEvents routeEvents,
            JobJson json,
            EventsProperties properties,
            EventsMeters meters,
            Scheduler eventsScheduler) {
        return new AllEvents(journal, routeEvents, json, properties, meters, eventsScheduler);
    }
}
