/**
 * Tells receivers of the end of jobs and groups, as Standard Webhooks 1.0. A delivery is a job of the {@linkplain
 * dev.sluice.callbacks.DeliveryRoute internal route} {@code callbacks}, which the journal appends with the end that it tells of
 * ({@link dev.sluice.callbacks.CallbackFollowUps}); it is started, retried and kept as any other. Each try is signed anew ({@link
 * dev.sluice.callbacks.Signer}).
 */
@NullMarked
package dev.sluice.callbacks;

import org.jspecify.annotations.NullMarked;
