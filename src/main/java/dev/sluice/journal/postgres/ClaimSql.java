package dev.sluice.journal.postgres;

import dev.sluice.journal.Journal;
import java.util.Map;

/** The statements that claim jobs. */
final class ClaimSql {

    private ClaimSql() {}

    static final String CLAIM = Sql.of("claim", Map.of("kept", Journal.HISTORY_KEPT));

    static final String ADOPT = Sql.of("claim-adopt");

    static final String AWAIT_END = Sql.of("claim-await");

    static final String ONE_AT_A_TIME = Sql.of("claim-alone");

    static final String PROMOTE = Sql.of("promote");
}
