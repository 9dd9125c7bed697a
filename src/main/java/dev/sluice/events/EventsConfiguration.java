package dev.sluice.events;

import dev.sluice.journal.Journal;
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

    /** The JSON is the ingress's to make: it knows where jobs are served. */
    @Bean
    EventStream eventStream(
            Journal journal,
            JobJson json,
            EventsProperties properties,
            MeterRegistry registry,
            Scheduler eventsScheduler) {
        return new EventStream(journal, json, properties, new EventsMeters(registry), eventsScheduler);
    }
}
