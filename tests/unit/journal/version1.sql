BEGIN TRANSACTION;
CREATE TABLE bills (
            instance_id INTEGER NOT NULL, day TEXT NOT NULL, usd REAL NOT NULL,
            PRIMARY KEY (instance_id, day)) WITHOUT ROWID;
INSERT INTO "bills" VALUES(400,'2026-01-01',3.0);
INSERT INTO "bills" VALUES(501,'2026-01-01',0.25);
INSERT INTO "bills" VALUES(501,'2026-01-02',9.6);
CREATE TABLE destroys (instance_id INTEGER PRIMARY KEY, asked_at REAL NOT NULL, gone_at REAL);
INSERT INTO "destroys" VALUES(400,1767225000.0,1767225605.0);
INSERT INTO "destroys" VALUES(502,1767225650.0,NULL);
CREATE TABLE hosts (
            host_id INTEGER PRIMARY KEY, verdict TEXT CHECK (verdict IN ('allow', 'block')),
            note TEXT NOT NULL, at REAL NOT NULL);
INSERT INTO "hosts" VALUES(7,'block','slow disk',1767225606.0);
INSERT INTO "hosts" VALUES(8,NULL,'nice',1767225607.0);
CREATE TABLE intents (
            id INTEGER PRIMARY KEY, label TEXT NOT NULL UNIQUE, offer_id INTEGER NOT NULL, spec TEXT NOT NULL,
            dph REAL, at REAL NOT NULL,
            state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'rented', 'failed', 'left')),
            instance_id INTEGER, detail TEXT NOT NULL DEFAULT '', settled_at REAL);
INSERT INTO "intents" VALUES(1,'upscale~abcdefgh',11,'{"image": "x/y"}',0.4,1767225600.0,'rented',501,'',1767225603.0);
INSERT INTO "intents" VALUES(2,'train~hgfedcba',12,'{}',NULL,1767225601.0,'open',NULL,'',NULL);
INSERT INTO "intents" VALUES(3,'bid~aaaaaaaa',13,'{}',0.1,1767225602.0,'left',502,'bid too low',1767225604.0);
CREATE TABLE ledger (
            instance_id INTEGER PRIMARY KEY, label TEXT, gpu TEXT, dph REAL, first_seen REAL NOT NULL,
            offer_id INTEGER);
INSERT INTO "ledger" VALUES(400,'old','2×A100',1.5,1767000000.0,NULL);
INSERT INTO "ledger" VALUES(501,'upscale~abcdefgh','1×RTX 4090',0.4,1767225610.0,11);
CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO "memory" VALUES('form','{"disk": 64}');
INSERT INTO "memory" VALUES('ledger.billed_at','1767312345.5');
CREATE INDEX intents_by_state ON intents (state);
COMMIT;
PRAGMA user_version = 1;
