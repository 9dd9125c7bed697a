package dev.sluice.management;

import dev.sluice.job.Problem;
import dev.sluice.representation.ProblemException;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.http.HttpHeaders;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;

/**
 * Rejects requests whose {@code Host} is not a name of this listener, against DNS rebinding: when the owner of a web page
 * lets its host name resolve to the address of this listener, a browser takes both for the same origin. Only {@code Host},
 * which no page can set, reveals that. Addresses and names below {@code localhost} cannot be rebound. Clients without
 * {@code Host}, which HTTP/1.0 allows, are not browsers.
 */
final class AllowedHosts implements WebFilter {

    private final Set<String> names;

    AllowedHosts(List<String> names) {
        this.names = names.stream().map(AllowedHosts::plain).collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
        List<String> hosts = exchange.getRequest().getHeaders().getOrEmpty(HttpHeaders.HOST);
        return hosts.stream().allMatch(this::allows)
                ? chain.filter(exchange)
                : Mono.error(new ProblemException(
                        Problem.BAD_REQUEST,
                        "The management listener does not answer for this host. Ask it by its address or as localhost,"
                                + " or add the host's name to sluice.management.allowed-hosts."));
    }

    boolean allows(String host) {
        String name = plain(withoutPort(host));
        return name.isEmpty()
                || name.equals("localhost")
                || name.endsWith(".localhost")
                || isAddress(name)
                || names.contains(name);
    }

    private static boolean isAddress(String name) {
        return (name.startsWith("[") && name.endsWith("]"))
                ? NetUtil.isValidIpV6Address(name)
                : NetUtil.isValidIpV4Address(name);
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        return colon < 0 || host.indexOf(']', colon) >= 0 ? host : host.substring(0, colon);
    }

    /** In lower case and without the trailing dot of an absolute name. */
    private static String plain(String name) {
        String lower = name.strip().toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
