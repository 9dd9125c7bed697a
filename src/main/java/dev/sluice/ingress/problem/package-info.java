/** How a request is refused: one exception that carries the problem and the fields of the response, and the problems that more than one handler has use for. */
@NullMarked
package dev.sluice.ingress.problem;

import org.jspecify.annotations.NullMarked;
