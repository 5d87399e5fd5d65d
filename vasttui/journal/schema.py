"""The tables of the journal, by version."""

from __future__ import annotations

# Append only: a journal that is in use has run the earlier ones.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE intents (
            id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, offer_id INTEGER NOT NULL, spec TEXT NOT NULL,
            dph REAL, at REAL NOT NULL,
            state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'rented', 'failed', 'left')),
            instance_id INTEGER, detail TEXT NOT NULL DEFAULT '', settled_at REAL)""",
        "CREATE INDEX intents_by_state ON intents (state)",
        "CREATE TABLE destroys (instance_id INTEGER PRIMARY KEY, asked_at REAL NOT NULL, gone_at REAL)",
        """CREATE TABLE hosts (
            host_id INTEGER PRIMARY KEY, verdict TEXT CHECK (verdict IN ('allow', 'block')),
            note TEXT NOT NULL, at REAL NOT NULL)""",
        "CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        """CREATE TABLE ledger (
            instance_id INTEGER PRIMARY KEY, label TEXT, gpu TEXT, dph REAL, first_seen REAL NOT NULL,
            offer_id INTEGER)""",
        """CREATE TABLE bills (
            instance_id INTEGER NOT NULL, day TEXT NOT NULL, usd REAL NOT NULL,
            PRIMARY KEY (instance_id, day)) WITHOUT ROWID""",
    ),
    (
        "ALTER TABLE intents ADD COLUMN job_id TEXT NOT NULL DEFAULT ''",
        "CREATE INDEX intents_by_job ON intents (job_id) WHERE job_id != ''",
        """CREATE TABLE batches (
            batch_id INTEGER PRIMARY KEY, name TEXT NOT NULL, spec TEXT NOT NULL, created REAL NOT NULL, budget REAL,
            max_parallel INTEGER NOT NULL, paused INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0)""",
        "CREATE INDEX batches_by_name ON batches (name)",
        """CREATE TABLE jobs (
            id INTEGER PRIMARY KEY, job_id TEXT NOT NULL UNIQUE, batch_id INTEGER NOT NULL, number INTEGER NOT NULL,
            input TEXT NOT NULL, name TEXT NOT NULL, phase TEXT NOT NULL, since REAL NOT NULL, created REAL NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0, runs INTEGER NOT NULL DEFAULT 0,
            instance_id INTEGER, label TEXT NOT NULL DEFAULT '', offer_id INTEGER,
            host_id INTEGER, machine_id INTEGER, hourly REAL, began REAL, worked REAL,
            outcome TEXT NOT NULL DEFAULT '', failure TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
            result TEXT NOT NULL DEFAULT '', exit_code INTEGER, spent REAL NOT NULL DEFAULT 0,
            wish TEXT NOT NULL DEFAULT '', not_before REAL NOT NULL DEFAULT 0, ended REAL)""",
        "CREATE UNIQUE INDEX jobs_by_batch ON jobs (batch_id, number)",
        "CREATE INDEX jobs_by_wish ON jobs (wish) WHERE wish != ''",
        # The job's short row number: its id would stand in every event.
        """CREATE TABLE job_events (
            event_id INTEGER PRIMARY KEY, job INTEGER NOT NULL, at REAL NOT NULL, event TEXT NOT NULL,
            detail TEXT NOT NULL, instance_id INTEGER)""",
        "CREATE INDEX job_events_by_job ON job_events (job)",
        """CREATE TABLE leases (
            instance_id INTEGER PRIMARY KEY, job_id TEXT NOT NULL, seconds REAL NOT NULL, until REAL NOT NULL,
            "end" TEXT NOT NULL, fixed INTEGER NOT NULL)""",
        """CREATE TABLE host_faults (
            id INTEGER PRIMARY KEY, host_id INTEGER, machine_id INTEGER, at REAL NOT NULL, failure TEXT NOT NULL,
            reason TEXT NOT NULL, job_id TEXT NOT NULL)""",
        "CREATE INDEX host_faults_by_time ON host_faults (at)",
        "CREATE INDEX host_faults_by_host ON host_faults (host_id)",
        "ALTER TABLE ledger ADD COLUMN host_id INTEGER",
        "ALTER TABLE ledger ADD COLUMN last_seen REAL",
        """INSERT OR IGNORE INTO ledger (instance_id, label, dph, first_seen, offer_id)
            SELECT instance_id, label, dph, at, offer_id FROM intents WHERE instance_id IS NOT NULL""",
        # Version 1 kept one time of billing for all instances.
        """UPDATE ledger SET last_seen = (
            SELECT MIN(
                CAST(strftime('%s', MAX(day)) AS REAL) + 86400,
                COALESCE((SELECT CAST(value AS REAL) FROM memory WHERE key = 'ledger.billed_at'), 9e99),
                COALESCE((SELECT gone_at FROM destroys WHERE destroys.instance_id = ledger.instance_id), 9e99))
            FROM bills WHERE bills.instance_id = ledger.instance_id)""",
        "DELETE FROM memory WHERE key = 'ledger.billed_at'",
        """CREATE TABLE charges (
            instance_id INTEGER PRIMARY KEY, usd REAL NOT NULL, until REAL, at REAL NOT NULL,
            final INTEGER NOT NULL)""",
        "CREATE TABLE left_boxes (instance_id INTEGER PRIMARY KEY, how TEXT NOT NULL)",
    ),
    (
        "ALTER TABLE hosts ADD COLUMN until REAL",
        "ALTER TABLE hosts ADD COLUMN favourite INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE machines (
            machine_id INTEGER PRIMARY KEY, verdict TEXT CHECK (verdict IN ('allow', 'block')),
            note TEXT NOT NULL, at REAL NOT NULL, until REAL, favourite INTEGER NOT NULL DEFAULT 0)""",
        # What each rental taught about its host; what it cost is in the ledger.
        """CREATE TABLE rentals (
            instance_id INTEGER PRIMARY KEY, host_id INTEGER, machine_id INTEGER, gpu TEXT NOT NULL DEFAULT '',
            rented REAL NOT NULL, ready REAL, ended REAL, failure TEXT NOT NULL DEFAULT '',
            interruptions INTEGER NOT NULL DEFAULT 0, promised_down REAL, measured_down REAL)""",
        "CREATE INDEX rentals_by_host ON rentals (host_id)",
        "CREATE INDEX rentals_by_machine ON rentals (machine_id)",
        """CREATE TABLE model_prices (
            id INTEGER PRIMARY KEY, gpu TEXT NOT NULL, type TEXT NOT NULL, at REAL NOT NULL, offers INTEGER NOT NULL,
            low REAL NOT NULL, q1 REAL NOT NULL, median REAL NOT NULL, q3 REAL NOT NULL)""",
        "CREATE INDEX model_prices_by_gpu ON model_prices (gpu, type, at)",
        """CREATE TABLE machine_prices (
            id INTEGER PRIMARY KEY, machine_id INTEGER NOT NULL, type TEXT NOT NULL, at REAL NOT NULL,
            price REAL NOT NULL)""",
        "CREATE INDEX machine_prices_by_machine ON machine_prices (machine_id, type, at)",
        # Rentals of one boot race: the first that is ready stays. `over` once the others are given up.
        """CREATE TABLE races (
            race_id INTEGER NOT NULL, label TEXT PRIMARY KEY, at REAL NOT NULL, over INTEGER NOT NULL DEFAULT 0)""",
        "CREATE INDEX races_by_id ON races (race_id)",
    ),
)
