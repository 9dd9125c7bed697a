package dev.sluice.journal.postgres;

import dev.sluice.journal.Journal;
import java.util.Map;

/** The statements that claim jobs. */
final class ClaimSql {

    /** At least so many jobs of each turn are looked at, if there is room for them: see Turns. */
    private static final int LEAST_LOOKED_AT = 16;

    /** The most jobs that are brought back in one statement. */
    static final int BROUGHT_BACK = 1_000;

    private ClaimSql() {}

    static final String CLAIM = Sql.of("claim", MoveSql.TRIMMED);

    static final String CLAIM_IN_TURNS = Sql.of(
            "claim-in-turns",
            Map.of("kept", Journal.HISTORY_KEPT, "step", MoveSql.TRIMMED_AT_ONCE, "least", LEAST_LOOKED_AT));

    static final String ADOPT = Sql.of("claim-adopt");

    static final String AWAIT_END = Sql.of("claim-await");

    static final String ONE_AT_A_TIME = Sql.of("claim-alone");

    static final String PROMOTE = Sql.of("promote");

    static final String BRING_BACK = Sql.of("bring-back", Map.of("most", BROUGHT_BACK));
}
