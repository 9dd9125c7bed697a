package dev.sluice.callbacks;

import dev.sluice.route.ConfigurationException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.callbacks}.
 *
 * @param allowedHosts Hosts that callbacks may be sent to, such as hooks.example.com, or *.example.com for all below it. A port
 *     may follow, or :* for any; without one it is that of the scheme. None: Sluice-Callback is refused.
 * @param allowPrivateAddresses Whether callbacks may go to other than public addresses, and over http.
 * @param secrets Secrets that sign callbacks, each whsec_ and the base64 of 24 to 64 bytes. Each gives a signature, in this order,
 *     so that receivers can change over from one to the next.
 * @param tls Name of the SSL bundle with the trust store and the client certificate for receivers. The authorities of the
 *     platform unless set.
 */
@ConfigurationProperties(prefix = "sluice.callbacks", ignoreUnknownFields = false)
record CallbackProperties(
        @DefaultValue List<String> allowedHosts,
        @DefaultValue("false") boolean allowPrivateAddresses,
        @DefaultValue List<String> secrets,
        @Nullable String tls) {

    CallbackProperties {
        allowedHosts = List.copyOf(allowedHosts);
        secrets = List.copyOf(secrets);
        for (int i = 0; i < allowedHosts.size(); i++) {
            if (HostPattern.parse(allowedHosts.get(i)) == null) {
                throw new ConfigurationException(
                        "sluice.callbacks.allowed-hosts[" + i + "]",
                        allowedHosts.get(i),
                        "a host such as hooks.example.com or *.example.com, perhaps with a port or :*");
            }
        }
        for (int i = 0; i < secrets.size(); i++) {
            if (Signer.key(secrets.get(i)) == null) {
                throw new ConfigurationException(
                        "sluice.callbacks.secrets[" + i + "]",
                        secrets.get(i),
                        "whsec_ and the base64 of 24 to 64 random bytes, as 'openssl rand -base64 32' makes them");
            }
        }
        if (!allowedHosts.isEmpty() && secrets.isEmpty()) {
            throw new ConfigurationException(
                    "sluice.callbacks.secrets",
                    null,
                    "at least one secret where sluice.callbacks.allowed-hosts has a host, because receivers can trust"
                            + " only what is signed");
        }
    }

    /** The name of the SSL bundle; null for none. */
    @Nullable
    String bundle() {
        return tls == null || tls.isEmpty() ? null : tls;
    }

    /** Without the secrets, which belong into no log. */
    @Override
    public String toString() {
        return "CallbackProperties[allowedHosts=" + allowedHosts + ", allowPrivateAddresses=" + allowPrivateAddresses
                + ", tls=" + tls + "]";
    }
}
