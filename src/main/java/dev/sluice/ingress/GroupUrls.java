package dev.sluice.ingress;

import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;

/**
 * The URLs of groups. Not a bean by themselves, because Spring's own dispatcher looks for such.
 *
 * @param resources what answers them
 */
record GroupUrls(RouterFunction<ServerResponse> resources) {}
