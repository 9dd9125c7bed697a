package dev.sluice.demo;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/** Binds the key without the profile too, so that a file may set it; the backend itself needs the profile. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DemoProperties.class)
class DemoConfiguration {

    @Bean
    @Profile("demo")
    DemoLifecycle demoBackend(DemoProperties properties) {
        return new DemoLifecycle(properties.port());
    }
}
