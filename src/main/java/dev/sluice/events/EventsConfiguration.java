package dev.sluice.events;

import dev.sluice.journal.JobReader;
import io.micrometer.core.instrument.MeterRegistry;
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
            EventsMeters meters,
            Scheduler eventsScheduler) {
        return new EventStream(journal, followers, json, properties, meters, eventsScheduler);
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
