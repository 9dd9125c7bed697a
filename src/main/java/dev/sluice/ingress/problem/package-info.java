/** The problems that more than one handler answers with; {@link dev.sluice.representation.ProblemException} carries them. */
@NullMarked
package dev.sluice.ingress.problem;

import org.jspecify.annotations.NullMarked;
