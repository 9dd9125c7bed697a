package dev.sluice.queue;

import dev.sluice.job.KeyedHash;
import dev.sluice.journal.Groups;
import dev.sluice.journal.JobReader;
import dev.sluice.journal.Journal;
import dev.sluice.journal.WorkQueue;
import dev.sluice.protection.Holds;
import dev.sluice.protection.Protections;
import dev.sluice.route.CurrentRoutes;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** Configures the queue. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(QueueProperties.class)
class QueueConfiguration {

    @Bean(destroyMethod = "dispose")
    Scheduler queueScheduler() {
        return Schedulers.newSingle("sluice-queue", true);
    }

    @Bean
    QueueMeters queueMeters(MeterRegistry registry, JobReader journal, CurrentRoutes routes, Clock clock) {
        return new QueueMeters(registry, journal, routes, clock);
    }

    @Bean
    Admission admission(JobReader journal, QueueProperties properties) {
        return new Admission(journal, properties.capacity());
    }

    @Bean
    ClientJobs clientJobs(Journal journal) {
        return new ClientJobs(journal, new KeyedHash(journal.secret(), "client"));
    }

    @Bean
    ClientLimits clientLimits() {
        return new ClientLimits(System::nanoTime);
    }

    @Bean
    Estimator estimator(JobReader journal, CurrentRoutes routes, Holds holds, Protections protections) {
        return new Estimator(journal, routes, holds, protections, ThreadLocalRandom::current);
    }

    @Bean
    GroupEstimates groupEstimates(Groups groups, JobReader journal, Estimator estimator, Clock clock) {
        return new GroupEstimates(groups, journal, estimator, clock);
    }

    @Bean
    Recorder recorder(WorkQueue journal, QueueMeters meters, Scheduler queueScheduler) {
        return new Recorder(journal, meters, queueScheduler);
    }

    @Bean
    JobQueue jobQueue() {
        return new JobQueue();
    }

    @Bean
    Claimer claimer(
            Journal journal,
            JobQueue queue,
            CurrentRoutes routes,
            Protections protections,
            Recorder recorder,
            QueueMeters meters,
            QueueProperties properties,
            Clock clock,
            Scheduler queueScheduler) {
        ClaimDemand demand = new ClaimDemand(queue, journal, routes, protections);
        Offers offers = new Offers(journal, meters, queueScheduler);
        return new Claimer(
                journal,
                queue,
                demand,
                offers,
                protections,
                recorder,
                meters,
                properties.lease(),
                clock,
                queueScheduler);
    }

    @Bean
    Resumer resumer(
            Journal journal,
            CurrentRoutes routes,
            Recorder recorder,
            QueueMeters meters,
            QueueProperties properties,
            Clock clock,
            Scheduler queueScheduler) {
        return new Resumer(journal, journal, routes, recorder, meters, properties.lease(), clock, queueScheduler);
    }

    @Bean
    DeadlineKeeper deadlineKeeper(Journal journal, QueueMeters meters, Clock clock, Scheduler queueScheduler) {
        return new DeadlineKeeper(journal, meters, clock, queueScheduler);
    }

    @Bean
    LeaseKeeper leaseKeeper(
            WorkQueue journal, QueueMeters meters, QueueProperties properties, Scheduler queueScheduler) {
        return new LeaseKeeper(journal, meters, properties.lease(), queueScheduler);
    }
}
