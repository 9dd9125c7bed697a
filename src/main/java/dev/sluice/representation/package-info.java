/**
 * How clients are shown a job: its acceptance, its status, why it has no result, and problems. One interface says all of it,
 * status, header fields and body: {@link dev.sluice.representation.JobRepresentation}. {@link
 * dev.sluice.representation.Representations} chooses the one to use by the job's route and the resource that is asked for;
 * handlers send what it says. {@link dev.sluice.representation.SluiceRepresentation} is the gateway's own, {@link
 * dev.sluice.representation.OperationRepresentation} that of long-running operations.
 *
 * <p>{@link dev.sluice.representation.JobJson} encodes jobs and events for all of them, {@link
 * dev.sluice.representation.JobLinks} knows where the resources of a job are, and {@link
 * dev.sluice.representation.ProblemException} is how a handler of either listener answers with a problem.
 */
@NullMarked
package dev.sluice.representation;

import org.jspecify.annotations.NullMarked;
