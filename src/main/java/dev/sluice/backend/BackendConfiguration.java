package dev.sluice.backend;

import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

@Configuration(proxyBeanMethods = false)
class BackendConfiguration {

    /** On the event loops of the server: one set of threads, as many as there are cores. */
    @Bean(destroyMethod = "close")
    HttpBackend backend(ReactorResourceFactory resources, MeterRegistry registry) {
        return new HttpBackend(resources.getLoopResources(), registry);
    }
}
