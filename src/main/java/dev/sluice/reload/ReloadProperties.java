package dev.sluice.reload;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The keys under {@code sluice.reload}.
 *
 * @param watch Whether changed configuration files are noticed; otherwise routes are read again on demand only.
 */
@ConfigurationProperties(prefix = "sluice.reload", ignoreUnknownFields = false)
record ReloadProperties(@DefaultValue("true") boolean watch) {}
