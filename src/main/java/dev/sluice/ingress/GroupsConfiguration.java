package dev.sluice.ingress;

import dev.sluice.callbacks.Receivers;
import dev.sluice.events.EventStream;
import dev.sluice.events.GroupStream;
import dev.sluice.events.GroupWatch;
import dev.sluice.ingress.reply.GroupResponses;
import dev.sluice.ingress.reply.JobResponses;
import dev.sluice.job.JobIds;
import dev.sluice.journal.Groups;
import dev.sluice.journal.GroupsProperties;
import dev.sluice.journal.JobIntake;
import dev.sluice.queue.Admission;
import dev.sluice.queue.ClientLimits;
import dev.sluice.queue.Estimator;
import dev.sluice.queue.GroupEstimates;
import dev.sluice.representation.GroupJson;
import dev.sluice.representation.GroupLinks;
import dev.sluice.representation.JobJson;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Puts together what the public listener has for groups. */
@Configuration(proxyBeanMethods = false)
class GroupsConfiguration {

    @Bean
    GroupJson groupJson(IngressProperties properties) {
        return new GroupJson(new GroupLinks("", properties.groupsPath()));
    }

    @Bean
    KnownGroups knownGroups(Groups journal, GroupWatch watch, Clock clock) {
        return new KnownGroups(journal, watch, clock);
    }

    @Bean
    GroupResponses groupResponses(GroupJson json, GroupEstimates estimates, Estimator estimator, Clock clock) {
        return new GroupResponses(json, estimates, estimator, clock);
    }

    @Bean
    GroupCreation groupCreation(
            Groups groups,
            JobIntake journal,
            Admission admission,
            ClientLimits limits,
            GroupsProperties properties,
            Receivers receivers,
            JobIds ids,
            GroupResponses responses) {
        return new GroupCreation(
                groups,
                journal,
                admission,
                limits,
                properties.clientLimit(),
                receivers,
                properties.keep(),
                ids,
                responses);
    }

    @Bean
    GroupUrls groupUrls(
            IngressProperties properties,
            Groups journal,
            KnownGroups groups,
            GroupCreation creation,
            ReadPlaces places,
            GroupResponses responses,
            JobResponses jobResponses,
            JobJson jobs,
            GroupJson json,
            GroupStream events,
            EventStream jobEvents,
            Draining draining,
            Clock clock) {
        return new GroupUrls(PublicRoutes.groups(
                Resources.ofGroups(properties.groupsPath(), jobResponses),
                creation,
                new GroupHandler(journal, groups, places, responses, properties.maxWait()),
                new MembersHandler(journal, groups, places, jobs, json.links(), clock),
                new GroupEventsHandler(groups, places, events, new EventResponses(jobEvents, draining))));
    }
}
