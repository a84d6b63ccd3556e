// Made from docs/openapi.json by `npm run types`. Do not edit.
export interface paths {
    "/.well-known/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public keys of identity tokens that may still be valid (RFC 7517). */
        get: operations["openid_keys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/.well-known/openid-configuration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This server as an OpenID provider (OpenID Connect Discovery 1.0). */
        get: operations["openid_discover"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every registered account with its regions and how assuming its role went last. */
        get: operations["accounts_list"];
        put?: never;
        /** Registers an account. Then its owner applies what `policy` prints, and `check` says whether it works. */
        post: operations["accounts_add"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{account}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forgets an account: no job gets its credentials any more. */
        delete: operations["accounts_remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{account}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Assumes the account's role in each of its regions, and once with a wrong external id or as a stranger, which must be refused. */
        post: operations["accounts_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{account}/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The texts with which the account's owner lets this server in. */
        get: operations["accounts_policy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every gate of every pipeline that waits for people, oldest first. */
        get: operations["approvals_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/artifacts/{digest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bytes of an artifact, by their SHA-256. */
        get: operations["artifacts_download"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attempts/{attempt}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One try of a job. */
        get: operations["attempts_show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attempts/{attempt}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Lines of an attempt's log, also while it runs. */
        get: operations["attempts_log"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attempts/{attempt}/log/follow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A log as it grows, as server-sent events: `lines` with {from, lines}, then `complete`. */
        get: operations["attempts_log_follow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attempts/{attempt}/log/raw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole log as its runner sent it. */
        get: operations["attempts_log_raw"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attempts/{attempt}/log/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every line of a log that holds a text. */
        get: operations["attempts_log_search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/attempts/{attempt}/log/times": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When the lines of an attempt's log were written. */
        get: operations["attempts_log_times"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who did what to pipelines and releases, newest first; the engine's own acts included. */
        get: operations["audit_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The audit trail as a file, newest first, whole: CSV, or one JSON object a line. */
        get: operations["audit_export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who did what to the server: users, tokens, runners, newest first. */
        get: operations["audit_server"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Walks along the chains of events and of the server's audit trail: is every row what was once written? */
        get: operations["audit_verify"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happens, as server-sent events: `events` (a list), `synced`, `reset`. */
        get: operations["events_follow"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/first-start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes the first admin, by the one-time link that the server printed. Works once. */
        post: operations["first_start_finish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which pipelines are made of which blocks, and the upgrades that are or were on their way. */
        get: operations["fleet_show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fleet/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a version would change in the plan of every pipeline that uses another one. Changes nothing. */
        post: operations["fleet_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fleet/upgrades": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins to bring a version to every pipeline that uses another one, wave after wave. */
        post: operations["fleet_begin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/fleet/upgrades/{upgrade}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Holds an upgrade, lets it go on, or rolls it back. */
        post: operations["fleet_change"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/forges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What this server is where repositories live, and how the last look at each of them went. */
        get: operations["forges_show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/forges/github/app": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How GitHub sees this server's App: its permissions, its installations, and what became of its last web hooks. Asks GitHub. */
        get: operations["forges_app"];
        put?: never;
        /**
         * Begins to make this server a GitHub App: answers what the browser posts to GitHub.
         * @description What comes back counts once, within an hour, and for the person who began only.
         */
        post: operations["forges_order_app"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/forges/github/app/back": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GitHub leads back here with a code: it is exchanged for the App, which this server is from then on.
         * @description A browser that is refused is led to the page of settings, with the code of the refusal.
         */
        get: operations["forges_app_back"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The four measures of delivery with their definitions, where lead time goes, and how long jobs take; each figure with the
         *     releases behind it.
         */
        get: operations["metrics_show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/monitors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is watched now, what it says, and what it blocks. */
        get: operations["monitors_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["server_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Connected pipelines with how they stand, by name; filtered before they are cut into pages. */
        get: operations["pipelines_list"];
        put?: never;
        /** Connects a repository: reads its pipeline file, makes the pipeline and admits the head. */
        post: operations["pipelines_connect"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One pipeline and where its revisions come from. */
        get: operations["pipelines_show"];
        put?: never;
        post?: never;
        /** Takes a pipeline off the list. Its history stays. */
        delete: operations["pipelines_disconnect"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/approve_pull_request": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets what a fork's pull request brings at this very commit do what the repository's own may (D6). */
        post: operations["pipelines_approve_pull_request"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/board": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The whole path: what moves, what waits and why, what needs a person. */
        get: operations["pipelines_board"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks the source for its head now and admits what is new. */
        post: operations["pipelines_check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What one place has and another lacks, both ways. */
        get: operations["pipelines_compare"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Holds, those in force first (L7). */
        get: operations["holds_list"];
        put?: never;
        /** Stops forward admission; rollbacks pass. */
        post: operations["holds_place"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/holds/{id}/lift": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lifts a hold. */
        post: operations["holds_lift"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where every commit is: changes newest first, and per target up to which change it has them (S1). */
        get: operations["pipelines_progress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Releases, newest first. */
        get: operations["releases_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A release with its nodes, attempts, gates, artifacts and timeline. */
        get: operations["releases_show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/additions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What jobs added to the plan of a release, as it came, and what is different from what the same job added last time. */
        get: operations["releases_additions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answers a `check` gate for an outside system. */
        post: operations["releases_answer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says yes to exactly this content of a release at a gate (G5). */
        post: operations["releases_approve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancels a release. A developer cancels what they made or started; an operator any. */
        post: operations["releases_cancel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What somebody needs to know before they say yes or no at a gate: the commits that go out, what the release has been
         *     through, and who else may answer.
         */
        get: operations["releases_evidence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/lift-quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a quarantined release move again. */
        post: operations["releases_lift_quarantine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/override": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Opens a gate by force. It shows on the release for ever (G8). */
        post: operations["releases_override_gate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The plan of a release, fixed when it was created (P1). */
        get: operations["releases_plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Marks a release as bad: it enters no further target (X6). */
        post: operations["releases_quarantine"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says no at a gate. The release waits on; it does not fail (G4). */
        post: operations["releases_reject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/releases/{number}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Runs failed jobs, or a stage from its start, again (A6). */
        post: operations["releases_retry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a rollback would do now: which targets go back to what, which stay and why, and which commits leave. */
        get: operations["pipelines_rollback_preview"];
        put?: never;
        /** Takes a target, wave or stage back to an earlier good release (X2, X10). */
        post: operations["pipelines_rollback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts a release by hand, of the head or of a commit. */
        post: operations["pipelines_start"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What every target runs, since when, how it got there, and what sets it apart (S2). */
        get: operations["targets_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/targets/break-glass": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes a target from an attempt that may still act. The first of two people asks; the second, who says the same within
         *     15 minutes, decides (IA4).
         */
        post: operations["targets_break_glass"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/targets/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every deployment at one target, forward and back, newest first; from the store, so that old ones are found too. */
        get: operations["targets_history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/pipelines/{pipeline}/targets/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says what is true of a target in the state unknown (R9). */
        post: operations["targets_resolve"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The plan that a pipeline file makes, and how it differs from a connected pipeline's newest. */
        post: operations["files_plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Jobs that wait for a runner, in the order of their turn, and why each waits. */
        get: operations["runners_queue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Registered runners, by name. */
        get: operations["runners_list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runners/{runner}/drain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a runner keep what it has and take nothing new. */
        post: operations["runners_drain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runners/{runner}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a runner's token away, for good. What it holds on targets becomes unknown (A3). */
        post: operations["runners_revoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runners/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes a one-time token with which a runner may join a pool. It is shown once. */
        post: operations["runners_issue_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/server": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Version, time, and whether anybody can sign in yet. */
        get: operations["server_show"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is asking. */
        get: operations["session_show"];
        put?: never;
        /** Signs a person in: answers a session cookie. */
        post: operations["session_sign_in"];
        /** Ends the session. */
        delete: operations["session_sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/github": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Leads to GitHub to sign in there. */
        get: operations["sign_in_begin"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session/github/back": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GitHub leads back here; signs the person in and leads to the first page.
         * @description A browser that is refused is led to the page where people sign in, with the code of the refusal.
         */
        get: operations["sign_in_back"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** API tokens: one's own, or for an admin everybody's, newest first. */
        get: operations["tokens_list"];
        put?: never;
        /** Makes an API token. Its secret is shown once. */
        post: operations["tokens_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a token: one's own, or for an admin anybody's. */
        delete: operations["tokens_revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody who can sign in. */
        get: operations["users_list"];
        put?: never;
        /** Adds a person. */
        post: operations["users_create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Changes a person's role, groups or password, or disables them. */
        patch: operations["users_change"];
        trace?: never;
    };
    "/api/v1/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Everything that is wrong with a pipeline file, at once. */
        post: operations["files_validate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process answers. */
        get: operations["server_live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The metrics of this process and the state of the work, as Prometheus text. */
        get: operations["server_metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an error code means. */
        get: operations["server_problem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The server takes work: its database answers and can be written, its tasks are alive, and it is not stopping. */
        get: operations["server_ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/attempts/{attempt}/artifacts/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** An artifact, streamed. Fences and digest come in headers. */
        put: operations["runner_artifact_up"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/attempts/{attempt}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** How an attempt ended. Answered the same way when repeated (IA7). */
        post: operations["runner_complete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/attempts/{attempt}/credentials": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A slice of credentials for the attempt's one account and role, while its fences are current (R4). */
        post: operations["runner_credentials"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/attempts/{attempt}/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Moves the deadline of a lease (R5). */
        post: operations["runner_heartbeat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/attempts/{attempt}/id-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** An identity token for the audience that the attempt's job names, while its fences are current (R4). */
        post: operations["runner_id_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/attempts/{attempt}/inputs/{digest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An artifact that the attempt's job was given. */
        get: operations["runner_artifact_down"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/attempts/{attempt}/log": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A piece of log (R10). Fences, offset and digest come in headers. */
        post: operations["runner_log"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/attempts/{attempt}/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A running job adds to the plan of its release (D1). Whether it was added is in the answer. */
        post: operations["runner_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/lease": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks for work and waits for it. */
        post: operations["runner_lease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Turns a one-time token into a runner with a token of its own. */
        post: operations["runner_register"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/runner/v1/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes the hash of the token that the runner will use next; the first use of that one ends this one. */
        post: operations["runner_renew_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/{forge}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A web hook: a hint that a repository has news. `forge` is `github`, `gitea`, `gitlab` or `signed` (Standard Webhooks). */
        post: operations["webhooks_take"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhooks/aws/{secret}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * AWS says that an alarm may have changed: an HTTPS subscription of SNS, or an API destination of EventBridge. It is a hint: whoever watches
         *     that alarm reads it at once. `secret` is one of `aws.webhook_secrets`.
         */
        post: operations["webhooks_alarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What the owner of an account applies there. */
        AccountPolicy: {
            cloudformation: string;
            /** @description Where it is entered by the principal. */
            external_id?: string | null;
            /** @description Whom the role trusts: the server's own principal, or the account's provider for the server's tokens. */
            principal: string;
            terraform: string;
            /** @description The trust policy alone, as JSON. */
            trust: string;
        };
        /** @description Who or what caused an input. Stands in every event (S4). */
        Actor: {
            /** @description Groups and roles that count for approvals, as checked by the shell at that moment (IF4). */
            groups: string[];
            id: components["schemas"]["PersonId"];
            /** @constant */
            kind: "person";
            /** @description For display, as it was at that moment. */
            name: string;
        } | {
            id: string;
            /** @constant */
            kind: "token";
            name: string;
        } | {
            id: string;
            /** @constant */
            kind: "runner";
        } | {
            /** @constant */
            kind: "trigger";
            source: string;
        } | {
            /** @constant */
            kind: "engine";
        };
        /** @description Registers an account. The server makes its external id. */
        AddCloudAccount: {
            entered_by?: components["schemas"]["EnteredBy"] | null;
            /** @description Twelve digits. */
            id: string;
            labels?: {
                [key: string]: string;
            };
            /** @description 1 to 40 characters of a-z, 0-9 and -. */
            name: string;
            /** @description Regions with labels of their own. */
            regions: {
                [key: string]: {
                    [key: string]: string;
                };
            };
            /** @description `tidegate-deploy` when empty. */
            roles?: string[];
        };
        /** @description What a job added to the plan of its release (D1), and how that differs from what it added last time. */
        AdditionAnswer: components["schemas"]["AdditionView"] & {
            at: components["schemas"]["Time"];
            last_time?: components["schemas"]["LastTime"] | null;
            /** @description What was printed or uploaded, as it came; empty for a matrix. */
            text: string;
        };
        /** @description What one upload changed in the plan of a release (D1 to D3). */
        AdditionView: {
            /** @description Keys of new jobs. */
            added: string[];
            /**
             * Format: int32
             * @description The attempt of that job, from 1.
             */
            attempt: number;
            /** @description The key of the job that printed or uploaded it. */
            by: string;
            /**
             * Format: int32
             * @description 1 for what a job of the file added, 2 for what such a job added (D4).
             */
            depth: number;
            /** @description `sha256:…` of the text. */
            digest: string;
            /**
             * Format: int32
             * @description Counts the additions of the release, from 1.
             */
            number: number;
            /** @description Keys of jobs that it put in the place of others. */
            replaced: string[];
            /** @description Names of new stages. */
            stages: string[];
            /** @description Keys of jobs of an earlier attempt that it took back. */
            withdrawn: string[];
        };
        /** @description An alarm that reads a monitor, where it is watched now. */
        AlarmOf: {
            /**
             * Format: int64
             * @description How long it must be bad before it fires.
             */
            for_ms: number;
            name: string;
            /** @description `prod/wave-1`. */
            place: string;
            release: components["schemas"]["ReleaseNumber"];
            target?: components["schemas"]["TargetName"] | null;
        };
        /** @description An outside system answers a `check` gate. */
        Answer: {
            detail?: string;
            /** @description The gate's key. */
            gate: string;
            passed: boolean;
        };
        /** @description A web hook that GitHub sent or tried to send. */
        AppDeliveryView: {
            at?: components["schemas"]["Time"] | null;
            /** @description With its action, such as `pull_request opened`. */
            event: string;
            has_failed: boolean;
            /** @description As in the header `x-github-delivery`. */
            id: string;
            /** @description It was sent before. */
            is_again: boolean;
            /** @description What came of it in GitHub's words. */
            outcome: string;
            /**
             * Format: int32
             * @description Of this server's answer; 0: there was none.
             */
            status: number;
        };
        /** @description A form that the browser posts to GitHub, with one field `manifest`. */
        AppForm: {
            /** @description Where to. GitHub leads back to this server within an hour, or it has to begin again. */
            action: string;
            manifest: string;
        };
        /** @description An owner of repositories who installed the App. */
        AppInstallationView: {
            account: string;
            /** @description Every repository of that owner, or those that were chosen. */
            every_repository: boolean;
            /** @description Permissions that the owner has not granted, such as `checks: write`. */
            lacks: string[];
            suspended: boolean;
            /** @description Its page at GitHub. */
            url: string;
        };
        /** @description What an input did. */
        Applied: {
            /** @description The facts that it made true, in their order; empty when it had been done already. */
            events: components["schemas"]["Event"][];
            /**
             * Format: int64
             * @description The pipeline's version that holds it.
             */
            version: number;
        };
        AppPermissionView: {
            /** @description `read`, `write` or `admin`; none: it has not. */
            granted?: string | null;
            /** @description Less is granted than is needed. */
            is_lacking: boolean;
            /** @description As GitHub calls it, such as `pull_requests`. */
            name: string;
            /** @description What the server makes use of; none: nothing. */
            needed?: string | null;
        };
        /** @description Who said what, and what it is bound to (G5, IF2). */
        ApprovalGiven: {
            at: components["schemas"]["Time"];
            by: components["schemas"]["Actor"];
            /** @description The release's digest that they saw. */
            digest: string;
            reason: string;
        };
        /** @description A gate that waits for people, with what they need to decide. */
        ApprovalView: {
            arrived_at: components["schemas"]["Time"];
            author: string;
            /** Format: int64 */
            change: number;
            /**
             * Format: int64
             * @description How many commits go out that no target of the wave has: from `live` to `change`.
             */
            commits: number;
            /** @description What the approval will be bound to (G5). */
            digest: string;
            /** @description What is known in its favour and against it. */
            evidence: components["schemas"]["Evidence"];
            gate: components["schemas"]["GateView"];
            /**
             * Format: int64
             * @description The oldest change that a target of the wave runs: the difference is what goes out.
             */
            live?: number | null;
            newer?: components["schemas"]["ReleaseNumber"] | null;
            pipeline: string;
            production: boolean;
            release: components["schemas"]["ReleaseNumber"];
            sha: string;
            stage: string;
            title: string;
            wave: string;
        };
        /** @description A person says yes to exactly this content (G5). */
        Approve: {
            /** @description The release's digest, as it was seen. */
            digest: string;
            /** @description The gate's key. */
            gate: string;
            reason?: string;
        };
        /** @description A person lets what a fork brings do what the repository's own pull requests may. */
        ApprovePullRequest: {
            /** @description The full commit id, as it was looked at. */
            commit: string;
            reason: string;
        };
        /** @description How GitHub sees this server's App. */
        AppView: {
            /** @description The newest first; none: GitHub sends it no web hooks. */
            deliveries?: components["schemas"]["AppDeliveryView"][] | null;
            id: string;
            /** @description Where it is installed. */
            install_url: string;
            installations: components["schemas"]["AppInstallationView"][];
            name: string;
            owner: string;
            permissions: components["schemas"]["AppPermissionView"][];
            /** @description Its page at GitHub. */
            url: string;
        };
        /** @description Bytes that a job left behind, stored by their digest (P2). */
        Artifact: {
            digest: components["schemas"]["ArtifactDigest"];
            is_folder: boolean;
            /**
             * Format: int32
             * @description The Unix mode of a file.
             */
            mode: number;
            name: string;
            /** Format: int64 */
            size_bytes: number;
        };
        /** @description The SHA-256 of an artifact's bytes in lower-case hexadecimal (P2). */
        ArtifactDigest: string;
        ArtifactView: components["schemas"]["Artifact"] & {
            /** @description The node that made it. */
            node: string;
        };
        /** @description One try of a job, with where it belongs. */
        AttemptAnswer: components["schemas"]["AttemptView"] & {
            /** @description The node's key. */
            node: string;
            pipeline: string;
            release: components["schemas"]["ReleaseNumber"];
        };
        /** @description One try of a job: `<pipeline id>.<release>.<node>.<number of the attempt>`. */
        AttemptId: string;
        AttemptKind: {
            /** @constant */
            kind: "forward";
        } | {
            /** @constant */
            kind: "rollback";
            of: components["schemas"]["ReleaseNumber"];
        } | {
            /** @constant */
            kind: "inspect";
            unknown: components["schemas"]["AttemptId"];
        };
        /** @enum {string} */
        AttemptState: "queued" | "leased" | "unknown" | "ended";
        /** @description One try of a job. */
        AttemptView: {
            artifacts: components["schemas"]["Artifact"][];
            ended_at?: components["schemas"]["Time"] | null;
            id: components["schemas"]["AttemptId"];
            kind: components["schemas"]["AttemptKind"];
            leased_at?: components["schemas"]["Time"] | null;
            /** Format: int64 */
            log_bytes: number;
            /** Format: int32 */
            number: number;
            outcome?: components["schemas"]["Outcome"] | null;
            outputs: {
                [key: string]: string;
            };
            queued_at: components["schemas"]["Time"];
            runner?: components["schemas"]["RunnerId"] | null;
            state: components["schemas"]["AttemptState"];
            steps: components["schemas"]["StepReport"][];
            stop?: components["schemas"]["StopOrder"] | null;
            /** @description Markdown from the job: hostile text, to be shown as such. */
            summary: string;
            target?: components["schemas"]["TargetName"] | null;
        };
        /** @description Something that a person should look at. */
        Attention: {
            attempt?: components["schemas"]["AttemptId"] | null;
            /** @description The viewer can act on it. */
            can_act: boolean;
            digest?: string | null;
            /** @description The key of the gate to answer, and what the answer is bound to (G5). */
            gate?: string | null;
            hold?: components["schemas"]["HoldId"] | null;
            kind: components["schemas"]["AttentionKind"];
            /** @description `prod` or `prod/wave-1`. */
            place?: string | null;
            release?: components["schemas"]["ReleaseNumber"] | null;
            since?: components["schemas"]["Time"] | null;
            /** @description The gate, node or hold to act upon. */
            subject?: string | null;
            target?: components["schemas"]["TargetName"] | null;
            /** @description In words that read alone. */
            text: string;
        };
        /**
         * @description Most urgent first.
         * @enum {string}
         */
        AttentionKind: "unknown" | "rollback_failed" | "failed" | "unclear" | "alarm" | "flagged" | "approval" | "unreadable" | "held";
        /** @description One decision about the server: a user, token or runner. */
        AuditRow: {
            /** @description What was done, such as `token.revoke`. */
            action: string;
            actor: components["schemas"]["Actor"];
            at: components["schemas"]["Time"];
            detail: Record<string, never>;
            /** Format: int64 */
            seq: number;
            /** @description To what. */
            subject: string;
        };
        /** @description Brings a version to every pipeline that uses another one. */
        BeginUpgrade: {
            /** @description How many pipelines each wave has; the last size repeats. Without any: 1, 4, 16. */
            sizes?: number[];
            to: components["schemas"]["BlockVersion"];
        };
        BlockUse: {
            /** @description As in `uses` or `extends`. */
            block: string;
            /** @description `sha256:…` of its content. */
            digest: string;
            /** @description The name that the pipeline's file has, where the fleet put this version in its place. */
            pinned_over?: string | null;
            pipeline: string;
            release: components["schemas"]["ReleaseNumber"];
        };
        /** @description A version of a shared block, as `tidegate blocks add` locks it. */
        BlockVersion: {
            /** @description 40 or 64 hexadecimal digits. */
            commit: string;
            /** @description `sha256:…`; other content at that commit is refused. */
            digest: string;
            /** @description `git::https://host/org/repository//folder@v4`. */
            name: string;
        };
        /** @description The whole path with what moves on it, what waits and why, and what needs a person. */
        Board: {
            /** @description Most urgent first. */
            attention: components["schemas"]["Attention"][];
            /** @description The changes that are named anywhere in here and at the head, newest first. */
            changes: components["schemas"]["Change"][];
            head?: components["schemas"]["ReleaseNumber"] | null;
            /** @description Holds in force. */
            holds: components["schemas"]["Held"][];
            now: components["schemas"]["Time"];
            pipeline: string;
            /** Format: int64 */
            seq: number;
            stages: components["schemas"]["BoardStage"][];
        };
        /** @description The board with the last things that happened. */
        BoardAnswer: components["schemas"]["Board"] & {
            /** @description Newest first. */
            events: components["schemas"]["FeedEvent"][];
        };
        BoardStage: {
            name: string;
            production: boolean;
            waves: components["schemas"]["BoardWave"][];
        };
        BoardWave: {
            /** @description The gates in front, as they stand for the newest release that waits; idle when none does. */
            gates: components["schemas"]["GateView"][];
            /** Format: int64 */
            inside?: number | null;
            jobs?: components["schemas"]["JobCounts"] | null;
            lane: components["schemas"]["LaneView"];
            name: string;
            targets: components["schemas"]["TargetFront"][];
            /**
             * Format: int64
             * @description For a wave that deploys nowhere: the newest change that came through, and the one inside.
             */
            through?: number | null;
            /** @description Who waits in front, newest first. */
            waiting: components["schemas"]["Waiting"][];
        };
        Change: {
            at: components["schemas"]["Time"];
            author: string;
            /** Format: int64 */
            n: number;
            /**
             * Format: int64
             * @description The pull request that brought it, by its title; for people to look at, and for no decision.
             */
            pull_request?: number | null;
            quarantined?: boolean;
            release?: components["schemas"]["ReleaseNumber"] | null;
            sha: string;
            source: string;
            state?: components["schemas"]["ReleaseState"] | null;
            /** @description The wave at whose door that happened: `prod/wave-1`. Only the commits view knows. */
            superseded_at?: string | null;
            superseded_by?: components["schemas"]["ReleaseNumber"] | null;
            title: string;
        };
        ChangeLine: {
            at: components["schemas"]["Time"];
            author: string;
            /** Format: int64 */
            n: number;
            quarantined?: boolean;
            release?: components["schemas"]["ReleaseNumber"] | null;
            /** @description The first 12 digits of the commit. */
            sha: string;
            /** @description Place in `sources`; 0 when it is not said. */
            source?: number;
            state?: components["schemas"]["ReleaseState"] | null;
            superseded_at?: string | null;
            superseded_by?: components["schemas"]["ReleaseNumber"] | null;
            title: string;
        };
        /** @description What becomes of an upgrade. */
        ChangeUpgrade: {
            reason: string;
            what: components["schemas"]["UpgradeChange"];
        };
        /** @description What is given is changed. */
        ChangeUser: {
            /** @description A disabled user is signed out everywhere, and their tokens stop working. */
            disabled?: boolean | null;
            groups?: string[] | null;
            password?: string | null;
            role?: components["schemas"]["Role"] | null;
        };
        /** @description What asking a source showed. */
        Checked: {
            admitted?: components["schemas"]["ReleaseNumber"] | null;
            diagnostics: components["schemas"]["Diagnostic"][];
            /** @description The branch's newest commit. */
            head: string;
            /** @description Why it was not admitted although it is new. */
            skipped?: string | null;
            /** @description Why nothing starts, source by source, where a release takes several. */
            waits?: string[];
        };
        /** @description An account of a cloud that targets live in. Its external id is shown with its policy only. */
        CloudAccount: {
            created_at: components["schemas"]["Time"];
            created_by: string;
            entered_by: components["schemas"]["EnteredBy"];
            /** @description Twelve digits. */
            id: string;
            /**
             * @description When it was last checked, its role could be assumed with another external id, or with a token of any subject: nothing is
             *     deployed there.
             */
            is_open: boolean;
            labels: {
                [key: string]: string;
            };
            /** @description As targets begin: `prod` of `prod/eu-west-1`. */
            name: string;
            partition: string;
            regions: components["schemas"]["CloudRegion"][];
            /** @description Names of roles that may be assumed there, the usual one first. */
            roles: string[];
        };
        CloudRegion: {
            health?: components["schemas"]["RegionHealth"] | null;
            labels: {
                [key: string]: string;
            };
            name: string;
        };
        /**
         * @description What went wrong, as a stable name: callers branch on this and on nothing else.
         * @enum {string}
         */
        Code: "MalformedJson" | "InvalidBody" | "InvalidQuery" | "InvalidPath" | "InvalidHeader" | "Invalid" | "ReasonNeeded" | "InvalidPipelineFile" | "UnsupportedMediaType" | "BodyTooLarge" | "MethodNotAllowed" | "KeyReused" | "KeyInUse" | "NotSignedIn" | "WrongCredentials" | "Forbidden" | "CrossSite" | "SelfApproval" | "NotAnApprover" | "PersonNeeded" | "TooManyLogins" | "WrongSignature" | "TooManyForged" | "LinkUsed" | "ForgeNotConfigured" | "UnknownRoute" | "UnknownPipeline" | "UnknownRelease" | "UnknownGate" | "UnknownPlace" | "UnknownJob" | "UnknownHold" | "UnknownAttempt" | "UnknownCommit" | "UnknownAccount" | "UnknownArtifact" | "UnknownRunner" | "UnknownUser" | "UnknownToken" | "Gone" | "AlreadyDecided" | "SecondPersonNeeded" | "AlreadyConfigured" | "AlreadyExists" | "NotWaiting" | "DigestMismatch" | "Superseded" | "Outdated" | "Quarantined" | "NotQuarantined" | "ReleaseEnded" | "NothingToRetry" | "NoDestination" | "NotADestination" | "RollbackUnderWay" | "NotUnknown" | "StillFenced" | "LastAdmin" | "Limit" | "Conflict" | "Parked" | "StaleGeneration" | "StaleLease" | "StaleFence" | "AttemptEnded" | "AttemptStopped" | "NotQueued" | "DigestWrong" | "LogGap" | "Overloaded" | "Draining" | "TimedOut" | "StoreUnavailable" | "Unhealthy" | "IdentityRefused" | "IdentityUnavailable" | "ForgeRefused" | "ForgeUnavailable" | "NotKept" | "SignInUnavailable" | "BlobsUnavailable" | "NotConfirmed" | "SourceUnreachable" | "Internal";
        /** @description What one place has and another lacks. */
        Compared: {
            /** @description Commits that `from` has and `to` lacks, newest first. */
            ahead: components["schemas"]["Change"][];
            /** @description Authors of both, as written in the commits. */
            authors: string[];
            /** @description Commits that `to` has and `from` lacks, newest first. */
            behind: components["schemas"]["Change"][];
            from: components["schemas"]["Front"];
            /** @description There are more commits than the 500 of each list. */
            is_cut: boolean;
            /** @description There the page of a pull request, without its number. */
            pull_requests_url?: string | null;
            /** Format: int64 */
            seq: number;
            to: components["schemas"]["Front"];
            /** @description The difference on the source's own site, where its address is known to have one. */
            url?: string | null;
        };
        /** @description Connects a repository. */
        Connect: {
            branch: string;
            /** @description Relative to the repository's root; `.tidegate/pipeline.yaml` when not given. */
            file?: string | null;
            /** @description None: the name in the file. */
            name?: string | null;
            /**
             * Format: int64
             * @description At least 1,000; a minute when not given.
             */
            poll_ms?: number | null;
            /** @description A path or URL that git understands. */
            repository: string;
        };
        Connected: {
            pipeline: string;
        };
        CreateToken: {
            /** @description It acts for itself instead of for the caller; admins only. */
            is_service?: boolean;
            name: string;
            /** @description At most the caller's own. */
            role: components["schemas"]["Role"];
            /**
             * Format: int64
             * @description At most 366 days; 90 days when not given.
             */
            valid_ms?: number | null;
        };
        CreateUser: {
            groups?: string[];
            name: string;
            /** @description 12 characters or more. */
            password: string;
            role: components["schemas"]["Role"];
        };
        /** @description A slice. Its `Debug` shows no secret. */
        Credentials: {
            access_key_id: string;
            /** @description The account's id. */
            account: string;
            secret_access_key: string;
            session_token: string;
            /**
             * Format: int64
             * @description From when the answer was made; dates never travel (R5).
             */
            valid_for_ms: number;
        };
        /**
         * @description `POST /runner/v1/attempts/{attempt}/credentials`: a slice of credentials for the attempt's one account and role.
         *     Answered only while the fences are current (R4); 409 or 410 is definitive.
         */
        CredentialsRequest: {
            fences: components["schemas"]["Fences"];
        };
        DayCount: {
            /** Format: int32 */
            count: number;
            /** @description Midnight UTC. */
            day: components["schemas"]["Time"];
        };
        DeploymentMeasure: {
            /** Format: int64 */
            count: number;
            /** @description Every day of the period, also those without one. */
            days: components["schemas"]["DayCount"][];
            definition: string;
            /** Format: double */
            per_day: number;
        };
        /**
         * Diagnostic
         * @description One finding in a pipeline file, or in a file that it names.
         */
        Diagnostic: {
            code: components["schemas"]["Diagnostic.Code"];
            expected?: string | null;
            /** @description The name of the [`crate::SourceFile`], or the path of the file that it names. */
            file: string;
            /** @description How to mend it. */
            help?: string | null;
            /** @description One sentence without a full stop. */
            message: string;
            place: components["schemas"]["Diagnostic.Place"];
            severity: components["schemas"]["Diagnostic.Severity"];
        };
        /** @description The stable name of a kind of finding. */
        "Diagnostic.Code": "syntax" | "empty_file" | "encoding" | "too_large" | "too_deep" | "unknown_tag" | "circular_alias" | "duplicate_key" | "unknown_key" | "missing_key" | "conflicting_keys" | "wrong_type" | "unquoted" | "unknown_value" | "out_of_range" | "bad_format" | "not_available" | "bad_name" | "duplicate_name" | "unknown_job" | "needs_cycle" | "unknown_artifact" | "artifact_too_late" | "duplicate_target" | "unknown_account" | "nothing_to_deploy" | "empty_stage" | "unknown_block" | "not_locked" | "tampered" | "missing_file" | "bad_path" | "unknown_input" | "missing_input" | "wrong_input" | "unsupported_strategy" | "parallel_lane" | "reserved_env" | "bad_expression" | "unknown_name" | "canary_without_bake" | "data_points_without_alarms" | "not_allowed" | "matrix_too_large" | "too_many_nodes" | "too_many_findings";
        /** @description Where in a text. Bytes count from 0; lines and columns (in characters) from 1; `end` is the first byte after. */
        "Diagnostic.Place": {
            /** Format: uint32 */
            column: number;
            /** Format: uint32 */
            end: number;
            /** Format: uint32 */
            end_column: number;
            /** Format: uint32 */
            end_line: number;
            /** Format: uint32 */
            line: number;
            /** Format: uint32 */
            start: number;
        };
        "Diagnostic.Severity": "error" | "warning";
        Direction: {
            /** @constant */
            kind: "forward";
        } | {
            from: components["schemas"]["ReleaseNumber"];
            /** @constant */
            kind: "back";
        };
        DurationMeasure: {
            /** Format: int64 */
            count: number;
            definition: string;
            /** Format: int64 */
            p50_ms?: number | null;
            /** Format: int64 */
            p90_ms?: number | null;
            /** @description Oldest first; the newest 400. */
            points: components["schemas"]["Point"][];
        };
        /**
         * @description By what the server enters an account.
         * @enum {string}
         */
        EnteredBy: "principal" | "web_identity";
        /**
         * @description One fact. Rows are the truth; events are the audit trail, the timeline and the feed of the screens (S4).
         *
         *     The store gives it a sequence number; the core knows none.
         */
        Event: {
            actor: components["schemas"]["Actor"];
            at: components["schemas"]["Time"];
            attempt?: components["schemas"]["AttemptId"] | null;
            /** @description Facts of the kind: `by`, `until`, `to`, `value`, `exit_code`. */
            data: {
                [key: string]: unknown;
            };
            kind: components["schemas"]["EventKind"];
            /** @description The key of a node. */
            node?: string | null;
            /** @description The key of a stage, wave or lane: `prod`, `prod/wave-1`. */
            place?: string | null;
            /** @description Why, in words that read alone. */
            reason: string;
            release?: components["schemas"]["ReleaseNumber"] | null;
            target?: components["schemas"]["TargetName"] | null;
        };
        /**
         * @description Every kind of fact. Names are stable: they are what `notify.on`, the API and the screens use.
         * @enum {string}
         */
        EventKind: "release_created" | "release_waiting" | "release_entered" | "release_superseded" | "release_outdated" | "wave_completed" | "stage_completed" | "release_completed" | "release_failed" | "release_cancelled" | "release_retried" | "release_quarantined" | "quarantine_lifted" | "target_flagged" | "gate_closed" | "gate_opened" | "approval_asked" | "approval_given" | "approval_rejected" | "approval_expired" | "approval_voided" | "gate_overridden" | "check_answered" | "job_queued" | "job_started" | "job_succeeded" | "job_failed" | "job_skipped" | "job_cancelled" | "job_unknown" | "job_lost" | "job_retried" | "plan_grown" | "rollout_started" | "rollout_succeeded" | "rollout_failed" | "bake_started" | "bake_passed" | "bake_failed" | "bake_errored" | "bake_inconclusive" | "alarm_fired" | "alarm_cleared" | "monitor_unreadable" | "monitor_readable" | "rollback_started" | "rollback_succeeded" | "rollback_failed" | "rollback_impossible" | "hold_placed" | "hold_lifted" | "target_unknown" | "target_resolved";
        /** @description What a release has been through on its way to a gate. */
        Evidence: {
            /** Format: int32 */
            alarms_bad: number;
            /**
             * Format: int32
             * @description Alarms that the wave watches, by how they were read last.
             */
            alarms_ok: number;
            /**
             * Format: int32
             * @description Never read yet, or not readable.
             */
            alarms_unread: number;
            /**
             * Format: int64
             * @description How long it has been watched, all bakes together.
             */
            baked_ms: number;
            /**
             * Format: int32
             * @description Failed, not readable, or with too little data.
             */
            bakes_not_passed: number;
            /** Format: int32 */
            bakes_passed: number;
            /** Format: int32 */
            jobs_failed: number;
            /**
             * Format: int32
             * @description Jobs on its path that ended well, and that did not.
             */
            jobs_passed: number;
            /**
             * Format: int32
             * @description How many of those that passed needed more than one attempt.
             */
            jobs_retried: number;
            /**
             * Format: int32
             * @description Gates that were opened by breaking the glass (G8).
             */
            overrides: number;
        };
        /** @description What somebody needs to know before they answer at a gate. */
        EvidenceAnswer: {
            approval: components["schemas"]["ApprovalView"];
            /** @description As written in the commits. */
            authors: string[];
            /** @description Commits that go out: newer than what every target of the wave runs, newest first; `is_cut`: there are more than 500. */
            commits: components["schemas"]["Change"][];
            /** @description The caller made or started one of the commits. */
            involved_yourself: boolean;
            is_cut: boolean;
            /** @description Names of the people who could answer now. */
            may_act: string[];
            now: components["schemas"]["Time"];
            /** Format: int64 */
            seq: number;
            /** @description The difference on the source's own site, where its address is known to have one. */
            url?: string | null;
        };
        /** @enum {string} */
        ExportFormat: "csv" | "jsonl";
        /** @description One fact, as lists and streams show it. */
        FeedEvent: {
            actor: components["schemas"]["Actor"];
            at: components["schemas"]["Time"];
            attempt?: components["schemas"]["AttemptId"] | null;
            data?: {
                [key: string]: unknown;
            };
            node?: string | null;
            pipeline: string;
            place?: string | null;
            reason: string;
            release?: components["schemas"]["ReleaseNumber"] | null;
            /** Format: int64 */
            seq: number;
            target?: components["schemas"]["TargetName"] | null;
            /** @description `p/<pipeline>`. */
            topic: string;
            type: components["schemas"]["EventKind"];
        };
        /** @description The proof that a runner's message is current (R2). All four are checked in the transaction that writes. */
        Fences: {
            attempt: components["schemas"]["AttemptId"];
            fence?: components["schemas"]["TargetFence"] | null;
            generation: components["schemas"]["Generation"];
            lease_token: components["schemas"]["LeaseToken"];
        };
        /** @description Sets up the first admin by the one-time link that the server printed. */
        FirstStart: {
            name: string;
            /** @description 12 characters or more. */
            password: string;
            /** @description From the link. */
            token: string;
        };
        /** @description Which pipelines are made of which blocks, and how they go to other versions. */
        Fleet: {
            /** @description Newest first, at most 50. */
            upgrades: components["schemas"]["Upgrade"][];
            /** @description Of the newest release of each pipeline, by pipeline and block. */
            uses: components["schemas"]["BlockUse"][];
        };
        /** @description A repository that is followed, and how the last look at it went. */
        FollowedSource: {
            branch: string;
            /** @description Why the last look failed. */
            last_error?: string | null;
            last_polled_at?: components["schemas"]["Time"] | null;
            pipeline: string;
            repository: string;
        };
        /** @description How this server stands with the places where repositories live. */
        ForgesView: {
            github: components["schemas"]["GitHubView"];
            /** @description Where people and web hooks reach this server. */
            public_url: string;
            /** @description Every repository that is followed, by the names of the pipelines; without pull requests. */
            sources: components["schemas"]["FollowedSource"][];
        };
        /** @description Up to which change a place has everything. */
        Front: {
            /**
             * Format: int64
             * @description None: nothing has come there yet.
             */
            change?: number | null;
            /** @description As asked for. */
            place: string;
            release?: components["schemas"]["ReleaseNumber"] | null;
            sha?: string | null;
        };
        /**
         * @description What a gate asks (G1).
         * @enum {string}
         */
        GateKind: "depends_on" | "alarms" | "window" | "metric" | "check" | "approval";
        /** @description A person says no, or opens a gate by force (G8). */
        GateReason: {
            /** @description The gate's key. */
            gate: string;
            reason: string;
        };
        /** @enum {string} */
        GateState: "idle" | "closed" | "open" | "rejected" | "expired" | "unreadable";
        /** @description One gate of one release, with its reason and what the viewer can do about it. */
        GateView: {
            approvals: components["schemas"]["ApprovalGiven"][];
            asked_at?: components["schemas"]["Time"] | null;
            can_act: boolean;
            /** @description Why the viewer cannot, when the gate waits for somebody. */
            cannot_because?: string | null;
            expires_at?: components["schemas"]["Time"] | null;
            from: string[];
            /** @description Names it in requests. */
            key: string;
            kind: components["schemas"]["GateKind"];
            name: string;
            /**
             * Format: int32
             * @description Approval: how many people are needed and who may be one of them; empty: anybody who may approve.
             */
            needed?: number | null;
            opens_at?: components["schemas"]["Time"] | null;
            overridden: boolean;
            reason: string;
            rejected?: components["schemas"]["ApprovalGiven"] | null;
            since?: components["schemas"]["Time"] | null;
            state: components["schemas"]["GateState"];
        };
        /**
         * Format: int64
         * @description The generation of the server's data: +1 at each restore of a backup, not at a restart (R2).
         */
        Generation: number;
        /** @enum {string} */
        GitHubIdentity: "app" | "token" | "nobody";
        /** @description What this server is at GitHub, as it is configured. No secret is in it. */
        GitHubView: {
            acts_as: components["schemas"]["GitHubIdentity"];
            /** @description The number of the App. */
            app_id?: string | null;
            /** @description Gates may be opened by a button beside a check. */
            approves_at_checks: boolean;
            /** @description Why no App can be made from this server's pages; none: one can be. */
            makes_none_because?: string | null;
            /** @description People can sign in with their accounts there. */
            signs_in: boolean;
            /** @description A secret for its web hooks is there; without, every repository is only asked at intervals. */
            takes_web_hooks: boolean;
            /** @description Where people see it. */
            url: string;
        };
        /** @description The first of two people who break the glass (IF12). */
        GlassAsked: {
            /** @description Of the unknown attempt that is meant. */
            attempt: components["schemas"]["AttemptId"];
            by: components["schemas"]["Actor"];
            reason: string;
            until: components["schemas"]["Time"];
            verdict: components["schemas"]["Verdict"];
        };
        /** @description `POST /runner/v1/attempts/{attempt}/heartbeat`. */
        Heartbeat: {
            fences: components["schemas"]["Fences"];
            /** @description Steps whose state changed since the last heartbeat that was answered. */
            steps: components["schemas"]["StepReport"][];
        };
        /** @description The lease was renewed. */
        HeartbeatAnswer: {
            /** Format: int64 */
            lease_ms: number;
            stop?: components["schemas"]["Stop"] | null;
        };
        /** @description A hold in force (L7). */
        Held: {
            /** @description For people: a name, or `the engine`. */
            by: string;
            id: components["schemas"]["HoldId"];
            reason: string;
            scope: components["schemas"]["HoldScope"];
            since: components["schemas"]["Time"];
        };
        /** @description A hold; UUIDv7 for a person's, made from its cause for the engine's own. */
        HoldId: string;
        HoldPlaced: {
            id: components["schemas"]["HoldId"];
        };
        /** @description Table `holds`: a stop on forward admission (L7). */
        HoldRow: {
            by: components["schemas"]["Actor"];
            id: components["schemas"]["HoldId"];
            lifted?: components["schemas"]["Lifted"] | null;
            reason: string;
            scope: components["schemas"]["HoldScope"];
            since: components["schemas"]["Time"];
        };
        /** @description Where forward admission stops (L7). */
        HoldScope: {
            /** @constant */
            kind: "everywhere";
        } | {
            /** @constant */
            kind: "pipeline";
        } | {
            /** @constant */
            kind: "stage";
            name: string;
        } | {
            /** @constant */
            kind: "lane";
            name: string;
        } | {
            /** @constant */
            kind: "target";
            name: string;
        } | {
            /** @constant */
            kind: "account";
            name: string;
        } | {
            /** @constant */
            kind: "region";
            name: string;
        };
        /** @enum {string} */
        HookOutcome: "accepted" | "again" | "ignored";
        /** @description What became of a web hook. */
        HookTaken: {
            outcome: components["schemas"]["HookOutcome"];
            /** @description Why nothing follows from it. */
            reason?: string | null;
        };
        /** @description An ID token of OpenID Connect. Its `Debug` does not show it. */
        IdToken: {
            /** @description A JWT (RFC 7519). */
            token: string;
            /**
             * Format: int64
             * @description From when the answer was made; dates never travel (R5).
             */
            valid_for_ms: number;
        };
        /**
         * @description `POST /runner/v1/attempts/{attempt}/id-token`: a token that says what the attempt is, for the audience that its job names.
         *     Answered only while the fences are current (R4); 409 or 410 is definitive.
         */
        IdTokenRequest: {
            fences: components["schemas"]["Fences"];
        };
        /** @description Asks for a one-time token with which a runner may join. */
        IssueRunnerToken: {
            /** @description 1 to 64 characters of `a-z`, `0-9` and `-`. */
            pool: string;
            /**
             * Format: int64
             * @description At most a day; 15 minutes when not given.
             */
            valid_ms?: number | null;
        };
        /** @description How far the jobs of one release in one wave are. */
        JobCounts: {
            /** Format: int32 */
            done: number;
            /** Format: int32 */
            failed: number;
            release: components["schemas"]["ReleaseNumber"];
            /** Format: int32 */
            running: number;
            /** Format: int32 */
            total: number;
        };
        LaneView: {
            inside: components["schemas"]["ReleaseNumber"][];
            key: string;
            /** @description `supersede`, `queue` or `parallel`. */
            policy: string;
            rollback_of?: components["schemas"]["ReleaseNumber"] | null;
        };
        /** @description What the same job added in an earlier release. */
        LastTime: {
            /** @description For people. */
            difference: string;
            is_same: boolean;
            release: components["schemas"]["ReleaseNumber"];
        };
        /** @description Where the time of the completed releases went: medians of each part, which need not add up. */
        LeadSplit: {
            /** Format: int64 */
            bake_ms?: number | null;
            /**
             * Format: int64
             * @description Inside waves that deploy nowhere.
             */
            build_ms?: number | null;
            /**
             * Format: int64
             * @description Inside waves, without their bakes.
             */
            deploy_ms?: number | null;
            /**
             * Format: int64
             * @description In front of waves.
             */
            gates_ms?: number | null;
            /**
             * Format: int64
             * @description From the commit to the release.
             */
            pickup_ms?: number | null;
        };
        /** @description `POST /runner/v1/lease`: asks for work and waits up to `wait_ms` for it. */
        LeaseRequest: {
            /** @description A draining runner keeps what it has and takes nothing new. */
            draining: boolean;
            /** @description What the runner still holds from before; the server answers what it should stop. */
            holding: components["schemas"]["AttemptId"][];
            /**
             * Format: int32
             * @description Extra slots that are free and kept for rollbacks and inspections alone (R13), 0 or 1.
             */
            reserved?: number;
            /**
             * Format: int32
             * @description How many jobs the runner could start now, 1 to 64.
             */
            slots: number;
            /**
             * Format: int64
             * @description How long the server may hold the request open, at most 30,000.
             */
            wait_ms: number;
        };
        /** @description 128 random bits in hexadecimal, made anew for each lease (R2). */
        LeaseToken: string;
        Lifted: {
            at: components["schemas"]["Time"];
            by: components["schemas"]["Actor"];
            reason: string;
        };
        /** @description Everything before `stored_bytes` is stored; the runner may forget it. */
        LogAck: {
            /** Format: int64 */
            stored_bytes: number;
        };
        /** @description Where a text stands in a log. */
        LogHits: {
            /** @description The first ones, counted from 0. */
            lines: number[];
            /**
             * Format: int64
             * @description All of them, also beyond `lines`.
             */
            total: number;
        };
        /** @description Some lines of a log: hostile text, to be shown as text. */
        LogPage: {
            /** @description The attempt has ended and everything that its runner had is here. */
            complete: boolean;
            /**
             * Format: int64
             * @description Counted from 0.
             */
            first_line: number;
            lines: string[];
            /**
             * Format: int64
             * @description Bytes that its runner lost (R10).
             */
            lost_bytes: number;
            /** @description When these lines were written, as in `LogTimes`; empty where that is not known. */
            times: number[][];
            /** Format: int64 */
            total_lines: number;
        };
        /** @description One piece of a followed log. */
        LogTail: {
            /**
             * Format: int64
             * @description The number of the first line, counted from 0.
             */
            from: number;
            lines: string[];
            /** @description When these lines were written, as in `LogTimes`. */
            times: number[][];
        };
        /** @description When lines of a log were written: the line that starts at this byte, and those after it up to the next mark. */
        LogTime: {
            /**
             * Format: int64
             * @description Since the attempt began on the runner.
             */
            after_ms: number;
            /**
             * Format: int64
             * @description From the log's beginning.
             */
            byte: number;
        };
        /** @description When lines of a log were written. */
        LogTimes: {
            /**
             * Format: int64
             * @description More are known: ask from this line on.
             */
            next?: number | null;
            /**
             * @description A line, counted from 0, and milliseconds since the attempt began on its runner: it was written then, and so were the lines after it up
             *     to the next mark. Empty where the runner did not note it.
             */
            times: number[][];
        };
        /** @description Who is signed in. */
        Me: {
            groups: string[];
            /** @description A user's id, or a token's. */
            id: string;
            /** @description `person` or `token`. */
            kind: string;
            name: string;
            role: components["schemas"]["Role"];
        };
        /** @enum {string} */
        MemberState: "waiting" | "moving" | "done" | "failed" | "back";
        /** @description The four measures of delivery with their definitions, and where the time goes. Medians, never means. */
        Metrics: {
            change_failure: components["schemas"]["ShareMeasure"];
            /** @description Releases that completed their whole way, by day. */
            deployments: components["schemas"]["DeploymentMeasure"];
            from: components["schemas"]["Time"];
            lead_split: components["schemas"]["LeadSplit"];
            lead_time: components["schemas"]["DurationMeasure"];
            restore: components["schemas"]["DurationMeasure"];
            /** @description The longest first. */
            steps: components["schemas"]["StepMeasure"][];
            until: components["schemas"]["Time"];
        };
        /** @description The measures of a period. */
        MetricsAnswer: components["schemas"]["Metrics"] & {
            pipeline?: string | null;
            /** Format: int64 */
            seq: number;
        };
        /** @description A monitor that a pipeline watches now, and what it blocks. */
        MonitorView: {
            /** @description The alarms that read it, with their places. */
            alarms: components["schemas"]["AlarmOf"][];
            bad_since?: components["schemas"]["Time"] | null;
            /** @description Keys of bakes, gates and waves that depend on it. */
            blocks: string[];
            /** @description The value from which on it is bad, where it has one: `> 400`. */
            bound?: string | null;
            dark_since?: components["schemas"]["Time"] | null;
            id: string;
            /** Format: int64 */
            interval_ms: number;
            last?: components["schemas"]["Reading"] | null;
            last_at?: components["schemas"]["Time"] | null;
            pipeline: string;
            /** @description In words: its kind and what it reads. */
            reads: string;
            /** @description Its last readings, oldest first, at most 60. */
            recent: components["schemas"]["PastReading"][];
            since: components["schemas"]["Time"];
            /** @description `http`, `command`, `prometheus`, `cloudwatch`. */
            system: string;
            /** @description Where to look, when it has an address. */
            url?: string | null;
        };
        NamedSource: {
            address: string;
            /** @description Short, for people: `payments-api`. */
            name: string;
        };
        /** @enum {string} */
        NodeState: "pending" | "ready" | "queued" | "running" | "unknown" | "baking" | "succeeded" | "skipped" | "failed" | "unclear" | "cancelled";
        /** @description One job, bake or milestone. */
        NodeView: {
            /** @description A job outside the path: rollback, inspection, `on_failure`, `finally`. */
            aside: boolean;
            /** @description Oldest first. */
            attempts: components["schemas"]["AttemptView"][];
            bake_ends_at?: components["schemas"]["Time"] | null;
            bake_started_at?: components["schemas"]["Time"] | null;
            key: string;
            /** @description `job`, `bake` or `milestone`. */
            kind: string;
            /** @description For people: the job's name. */
            name: string;
            /** @description Keys of the nodes that it needs. */
            needs: string[];
            not_before?: components["schemas"]["Time"] | null;
            outputs: {
                [key: string]: string;
            };
            reason: string;
            since?: components["schemas"]["Time"] | null;
            stage: string;
            state?: components["schemas"]["NodeState"] | null;
            target?: components["schemas"]["TargetName"] | null;
            wave?: string | null;
        };
        /** @enum {string} */
        OnlyPipelines: "failing" | "waiting" | "mine";
        /** @description An App to be made at GitHub. */
        OrderApp: {
            /** @description One of its kind at GitHub, where it can still be changed; 34 characters at most. */
            name: string;
            /** @description The organisation that it belongs to; left out: whoever is signed in at GitHub. */
            organisation?: string | null;
        };
        /** @description The end of an attempt as its runner saw it. */
        Outcome: {
            /** @constant */
            kind: "succeeded";
        } | {
            /** Format: int32 */
            exit_code: number;
            /** @constant */
            kind: "failed";
            step: string;
        } | {
            /** @constant */
            kind: "signalled";
            /** Format: int32 */
            signal: number;
            step: string;
        } | {
            /** @constant */
            kind: "timed_out";
            step: string;
            /** Format: int64 */
            timeout_ms: number;
        } | {
            /** @constant */
            kind: "cancelled";
            reason: string;
        } | {
            detail: string;
            /** @constant */
            kind: "error";
        } | {
            /** @constant */
            kind: "runner_restarted";
        };
        /** @description A gate that a person opened by force. */
        OverrideRecord: {
            at: components["schemas"]["Time"];
            by: components["schemas"]["Actor"];
            gate: string;
            reason: string;
        };
        /** @description A part of a collection. */
        Page_ApprovalView: {
            items: {
                arrived_at: components["schemas"]["Time"];
                author: string;
                /** Format: int64 */
                change: number;
                /**
                 * Format: int64
                 * @description How many commits go out that no target of the wave has: from `live` to `change`.
                 */
                commits: number;
                /** @description What the approval will be bound to (G5). */
                digest: string;
                /** @description What is known in its favour and against it. */
                evidence: components["schemas"]["Evidence"];
                gate: components["schemas"]["GateView"];
                /**
                 * Format: int64
                 * @description The oldest change that a target of the wave runs: the difference is what goes out.
                 */
                live?: number | null;
                newer?: components["schemas"]["ReleaseNumber"] | null;
                pipeline: string;
                production: boolean;
                release: components["schemas"]["ReleaseNumber"];
                sha: string;
                stage: string;
                title: string;
                wave: string;
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_AuditRow: {
            items: {
                /** @description What was done, such as `token.revoke`. */
                action: string;
                actor: components["schemas"]["Actor"];
                at: components["schemas"]["Time"];
                detail: Record<string, never>;
                /** Format: int64 */
                seq: number;
                /** @description To what. */
                subject: string;
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_CloudAccount: {
            items: {
                created_at: components["schemas"]["Time"];
                created_by: string;
                entered_by: components["schemas"]["EnteredBy"];
                /** @description Twelve digits. */
                id: string;
                /**
                 * @description When it was last checked, its role could be assumed with another external id, or with a token of any subject: nothing is
                 *     deployed there.
                 */
                is_open: boolean;
                labels: {
                    [key: string]: string;
                };
                /** @description As targets begin: `prod` of `prod/eu-west-1`. */
                name: string;
                partition: string;
                regions: components["schemas"]["CloudRegion"][];
                /** @description Names of roles that may be assumed there, the usual one first. */
                roles: string[];
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_FeedEvent: {
            items: {
                actor: components["schemas"]["Actor"];
                at: components["schemas"]["Time"];
                attempt?: components["schemas"]["AttemptId"] | null;
                data?: {
                    [key: string]: unknown;
                };
                node?: string | null;
                pipeline: string;
                place?: string | null;
                reason: string;
                release?: components["schemas"]["ReleaseNumber"] | null;
                /** Format: int64 */
                seq: number;
                target?: components["schemas"]["TargetName"] | null;
                /** @description `p/<pipeline>`. */
                topic: string;
                type: components["schemas"]["EventKind"];
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_HoldRow: {
            items: {
                by: components["schemas"]["Actor"];
                id: components["schemas"]["HoldId"];
                lifted?: components["schemas"]["Lifted"] | null;
                reason: string;
                scope: components["schemas"]["HoldScope"];
                since: components["schemas"]["Time"];
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_MonitorView: {
            items: {
                /** @description The alarms that read it, with their places. */
                alarms: components["schemas"]["AlarmOf"][];
                bad_since?: components["schemas"]["Time"] | null;
                /** @description Keys of bakes, gates and waves that depend on it. */
                blocks: string[];
                /** @description The value from which on it is bad, where it has one: `> 400`. */
                bound?: string | null;
                dark_since?: components["schemas"]["Time"] | null;
                id: string;
                /** Format: int64 */
                interval_ms: number;
                last?: components["schemas"]["Reading"] | null;
                last_at?: components["schemas"]["Time"] | null;
                pipeline: string;
                /** @description In words: its kind and what it reads. */
                reads: string;
                /** @description Its last readings, oldest first, at most 60. */
                recent: components["schemas"]["PastReading"][];
                since: components["schemas"]["Time"];
                /** @description `http`, `command`, `prometheus`, `cloudwatch`. */
                system: string;
                /** @description Where to look, when it has an address. */
                url?: string | null;
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_PipelineSummary: {
            items: {
                created_at: components["schemas"]["Time"];
                name: string;
                now?: components["schemas"]["PipelineNow"] | null;
                /** @description Why nothing happens to it until a person has looked (R11). */
                parked?: string | null;
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_QueuedView: {
            items: {
                attempt: components["schemas"]["AttemptId"];
                labels: {
                    [key: string]: string;
                };
                node?: string | null;
                pipeline: string;
                pool: string;
                queued_at: components["schemas"]["Time"];
                /** @description `needs arch=arm64: 2 runners match, both busy`. */
                reason: string;
                release?: components["schemas"]["ReleaseNumber"] | null;
                /** @description Rollbacks and inspections go first (R13). */
                urgent: boolean;
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_ReleaseSummary: {
            items: {
                /** Format: int64 */
                change: number;
                created_at: components["schemas"]["Time"];
                created_by: components["schemas"]["Actor"];
                digest: string;
                ended_at?: components["schemas"]["Time"] | null;
                number: components["schemas"]["ReleaseNumber"];
                /** @description Shown for ever (G8). */
                overrides: components["schemas"]["OverrideRecord"][];
                quarantine?: components["schemas"]["Quarantine"] | null;
                reason: string;
                revisions: components["schemas"]["Revision"][];
                state: components["schemas"]["ReleaseState"];
                superseded_by?: components["schemas"]["ReleaseNumber"] | null;
                trigger: string;
                /** @description Whose word it is (D6). */
                trust?: components["schemas"]["Trust"];
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_RolloutView: {
            items: {
                deployed_at?: components["schemas"]["Time"] | null;
                direction: components["schemas"]["Direction"];
                ended_at?: components["schemas"]["Time"] | null;
                /** Format: int64 */
                number: number;
                reason: string;
                release: components["schemas"]["ReleaseNumber"];
                started_at: components["schemas"]["Time"];
                state: components["schemas"]["RolloutState"];
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_RunnerView: {
            items: {
                /**
                 * Format: int32
                 * @description What it executes now.
                 */
                busy: number;
                id: components["schemas"]["RunnerId"];
                jobs: components["schemas"]["RunnerJob"][];
                labels: {
                    [key: string]: string;
                };
                last_seen_at: components["schemas"]["Time"];
                name: string;
                pool: string;
                registered_at: components["schemas"]["Time"];
                /** Format: int32 */
                slots: number;
                state: components["schemas"]["RunnerState"];
                version: string;
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_TargetView: {
            items: (components["schemas"]["TargetFront"] & {
                bad: components["schemas"]["ReleaseNumber"][];
                /** Format: int64 */
                fence: number;
                flag?: string | null;
                glass?: components["schemas"]["GlassAsked"] | null;
                /** @description Releases that it can go back to, newest first (X2). */
                good: components["schemas"]["ReleaseNumber"][];
                /** @description Newest first. */
                history: components["schemas"]["RolloutView"][];
                holder?: components["schemas"]["AttemptId"] | null;
                live_since?: components["schemas"]["Time"] | null;
                neighbours_run?: components["schemas"]["ReleaseNumber"] | null;
                partly?: components["schemas"]["ReleaseNumber"] | null;
                /** @description The full commit that runs there. */
                sha?: string | null;
                stage: string;
                title?: string | null;
                unknown?: components["schemas"]["Unknown"] | null;
                wave: string;
            })[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_Token: {
            items: {
                created_at: components["schemas"]["Time"];
                /** @description A user's id. */
                created_by: string;
                expires_at?: components["schemas"]["Time"] | null;
                id: string;
                /** @description It acts as the person who made it; otherwise for itself, and cannot approve. */
                is_personal: boolean;
                last_used_at?: components["schemas"]["Time"] | null;
                name: string;
                revoked_at?: components["schemas"]["Time"] | null;
                role: components["schemas"]["Role"];
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_UpgradePreview: {
            items: {
                /** @description Of the plan, in words; empty: nothing. */
                difference: string;
                from: string;
                pipeline: string;
                /** @description Why there would be no plan. */
                problem?: string | null;
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A part of a collection. */
        Page_User: {
            items: {
                created_at: components["schemas"]["Time"];
                disabled_at?: components["schemas"]["Time"] | null;
                groups: string[];
                id: string;
                name: string;
                role: components["schemas"]["Role"];
            }[];
            /** @description Send it as `cursor` for what follows; none: this was all. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
        };
        /** @description A reading without its words. */
        PastReading: {
            at: components["schemas"]["Time"];
            kind: components["schemas"]["ReadingKind"];
            /** Format: double */
            value?: number | null;
        };
        /** @description A person, by immutable id: a local user's UUID or `github:<numeric id>`; never a name from a commit. */
        PersonId: string;
        /** @description A pipeline file and the files of its repository that it names. */
        PipelineFile: {
            /** @description As a person would name it: `.tidegate/pipeline.yaml`. */
            file?: string;
            /** @description Calendars and local blocks, by path from the root of the repository. */
            files?: {
                [key: string]: string;
            };
            text: string;
        };
        /** @description How a pipeline stands. */
        PipelineNow: {
            /** Format: int32 */
            alarms: number;
            /**
             * Format: int32
             * @description Gates that wait for people, alarms that keep a gate closed, and holds in force.
             */
            approvals: number;
            /**
             * Format: int32
             * @description How many things need a person, and the most urgent in words.
             */
            attention: number;
            /** @description Something failed, is unknown or went bad. */
            failing: boolean;
            head?: components["schemas"]["ReleaseNumber"] | null;
            head_sha?: string | null;
            head_title?: string | null;
            /** Format: int32 */
            holds: number;
            /**
             * Format: int32
             * @description Releases on their way, and since when the oldest is.
             */
            moving: number;
            oldest_since?: components["schemas"]["Time"] | null;
            /** @description The newest 30 releases, oldest first. */
            recent: components["schemas"]["RecentRelease"][];
            /** @description Releases stand in front of a wave. */
            waiting: boolean;
            /** @description Why the newest of them does, in words. */
            waits_for?: string | null;
            /**
             * Format: int32
             * @description How many approvals the caller could give.
             */
            waits_for_me: number;
            /** @description One per wave in the order of the path, for the small front. */
            waves: components["schemas"]["WaveNow"][];
            worst?: string | null;
            worst_at?: components["schemas"]["Attention"] | null;
        };
        /** @description One line of the list of pipelines. */
        PipelineSummary: {
            created_at: components["schemas"]["Time"];
            name: string;
            now?: components["schemas"]["PipelineNow"] | null;
            /** @description Why nothing happens to it until a person has looked (R11). */
            parked?: string | null;
        };
        /** @description One pipeline with where it comes from. */
        PipelineView: components["schemas"]["PipelineSummary"] & {
            /** Format: int64 */
            seq: number;
            sources: components["schemas"]["SourceView"][];
        };
        /** @description What a person rolls back. */
        Place: {
            /** @constant */
            kind: "target";
            target: string;
        } | {
            /** @constant */
            kind: "wave";
            stage: string;
            wave: string;
        } | {
            /** @constant */
            kind: "stage";
            stage: string;
        };
        /** @description Stops forward admission (L7). */
        PlaceHold: {
            reason: string;
            scope: components["schemas"]["HoldScope"];
        };
        /**
         * Plan
         * @description Everything that a release does on its way, fixed when it is created.
         */
        Plan: {
            accounts: {
                [key: string]: components["schemas"]["Plan.Account"];
            };
            /** @description What jobs added since the release was created (D1). Empty in the plan that the release's digest covers (P1). */
            added?: components["schemas"]["Plan.Addition"][];
            /** @description What the owner of the server added, by name. */
            aspects?: {
                [key: string]: components["schemas"]["Plan.AppliedAspect"];
            };
            /**
             * @description Steps of a change in two phases that this release carries: no rollback goes behind the release that first
             *     brought one of them to a target (X11).
             */
            barriers?: string[];
            /** @description Digests of the blocks that were used, by the name in `uses` (P1). */
            blocks: {
                [key: string]: string;
            };
            /** @description Stages whose waves or targets were derived, by name (W4). */
            derived?: {
                [key: string]: components["schemas"]["Plan.Derivation"];
            };
            /**
             * @description Values of the manual trigger's inputs, defaults included: what `inputs.…` means in the texts of jobs.
             * @default {}
             */
            inputs?: {
                [key: string]: string;
            };
            /** @description Barriers that must have been good at a target before this release may enter it (X11). */
            needs_barriers?: string[];
            /**
             * @description In an order in which every node stands after all that it needs; what waited for a job that added
             *     others needs those too, and they stand last.
             */
            nodes: components["schemas"]["Plan.Node"][];
            notify: components["schemas"]["Plan.Notify"][];
            /** @description The order of the path where it is not that of `stages`: an added stage stands last there. Empty: the order of `stages`. */
            path?: components["schemas"]["Plan.StageIx"][];
            pipeline: string;
            /** @description The environment of a pull request that the plan makes or removes. */
            preview?: components["schemas"]["Plan.Preview"] | null;
            secrets: string[];
            /** @description Where revisions come from besides the pipeline's own repository, by name (P5). */
            sources?: {
                [key: string]: components["schemas"]["Plan.Source"];
            };
            /** @description In the order of the path, stages that a job added last ([`Plan::path`]). Every stage has at least one wave; a stage without waves is one wave (L1). */
            stages: components["schemas"]["Plan.Stage"][];
            triggers: components["schemas"]["Plan.Trigger"][];
            /** @description Names of variables and secrets that any job asks for. */
            vars: string[];
        };
        /** @description An account that targets `name/region` live in. */
        "Plan.Account": {
            /** @description May hold `${{ secrets.… }}`. */
            external_id?: string | null;
            id: string;
            role: string;
        };
        /** @description What one upload changed in a plan, in the order of the splices. */
        "Plan.Addition": {
            /**
             * Format: uint32
             * @description Of that job: a later attempt takes back what an earlier one added and nobody has begun.
             */
            attempt: number;
            /** @description The job that printed or uploaded it. */
            by: components["schemas"]["Plan.NodeIx"];
            /**
             * Format: uint32
             * @description 1 for what a job of the file added, 2 for what such a job added (D4).
             */
            depth: number;
            /** @description `sha256:…` of the text. */
            digest: string;
            /** @description Jobs that it made or that it gave to a node which was there, and the digest of what it said of each. */
            jobs: {
                [key: string]: string;
            };
            /** @description Those of them that were there before. */
            replaced: components["schemas"]["Plan.NodeIx"][];
            /** @description Stages that it made, and the digest of what it said of each. */
            stages: {
                [key: string]: string;
            };
            /** @description Jobs of an earlier attempt's addition that it took back: they are skipped and count as satisfied (D5). */
            withdrawn: components["schemas"]["Plan.NodeIx"][];
        };
        /** @description What a job adds to the plan of its own release, right after itself (D1). */
        "Plan.Adds": {
            generated: {
                artifact: string;
            };
        } | {
            matrix: components["schemas"]["Plan.DeferredMatrix"];
        };
        "Plan.AfterRollback": "next" | "hold";
        /** @description How far an aggregate alarm reaches when it fires. */
        "Plan.Aggregate": "everywhere" | "region";
        /** @description A signal that says a target is unwell. */
        "Plan.Alarm": {
            /** @description It speaks of all that the team runs, not of one wave (X12). */
            aggregate?: components["schemas"]["Plan.Aggregate"] | null;
            /**
             * Format: uint64
             * @description How long the bad reading must last before the alarm fires.
             */
            for_ms: number;
            monitor: components["schemas"]["Plan.Monitor"];
            /** @description Unique in its wave; for people. */
            name: string;
            /**
             * @description The one target that it speaks of; none: every target of its wave.
             * @default null
             */
            target?: string | null;
        };
        /** @description What the owner of the server added to a stage; the file cannot take it away. */
        "Plan.AppliedAspect": {
            description: string;
            /** @description `sha256:…` of its text. */
            digest: string;
            /** @description Stages that it was applied to. */
            stages: string[];
        };
        /** @description People say yes (G5). */
        "Plan.Approval": {
            /**
             * Format: uint32
             * @description Distinct people, 1 to 10.
             */
            count: number;
            /** Format: uint64 */
            expires_ms: number;
            /** @description Names of groups, roles or users; empty: anybody who may approve. */
            from: string[];
            no_self_approval: boolean;
        };
        /** @description An artifact of this release that a job starts with. */
        "Plan.ArtifactIn": {
            name: string;
            /** @description Relative to the workspace; empty: `artifacts/<name>`. */
            path: string;
        };
        /** @description What a job leaves behind; the name is unique in the plan (P2). */
        "Plan.ArtifactOut": {
            name: string;
            path: string;
        };
        "Plan.AxisValues": {
            listed: string[];
        } | {
            from: string;
        };
        /** @description The watched time after a rollout or an increment of one (B1, B2). */
        "Plan.Bake": {
            alarms: components["schemas"]["Plan.Alarm"][];
            /**
             * Format: uint64
             * @description Counted from the end of the rollout, in wall time (B3).
             */
            duration_ms: number;
            /**
             * Format: uint32
             * @description How many readings with data each alarm must have had; 0: none are asked for.
             */
            min_data_points: number;
            on_error: components["schemas"]["Plan.WhenUnclear"];
            on_inconclusive: components["schemas"]["Plan.WhenUnclear"];
            /**
             * Format: uint64
             * @description After `duration_ms`, how long to wait for the missing data points before it is inconclusive.
             */
            patience_ms: number;
            /**
             * Format: uint64
             * @description A gap in watching longer than this is an error (B3).
             */
            tolerance_ms: number;
        };
        /** @description The text of an iCalendar file (RFC 5545), stored in the plan so that it never changes (P1). */
        "Plan.Calendar": {
            /** @description As named in the file. */
            path: string;
            text: string;
        };
        /** @description An outside system answers through the API. */
        "Plan.Check": {
            /** @description What is asked, for people and for the system that answers. */
            description: string;
            /**
             * Format: uint64
             * @description An answer older than this does not count; none: it never gets old.
             */
            expires_ms?: number | null;
        };
        /** @description The two classes of job (A2, R3). */
        "Plan.Class": "build_test" | "target";
        /** @enum {string} */
        "Plan.Comparison": "below" | "at_most" | "equal" | "at_least" | "above";
        /** @description A matrix of which some values are only known when earlier jobs have ended. */
        "Plan.DeferredMatrix": {
            /** @description In the order of the file; empty where `whole` says all. */
            axes: components["schemas"]["Plan.MatrixAxis"][];
            exclude: {
                [key: string]: string;
            }[];
            include: {
                [key: string]: string;
            }[];
            /** @description The job of each combination; its texts still hold `${{ matrix.… }}`. */
            job: components["schemas"]["Plan.Job"];
            /**
             * Format: uint32
             * @description 0: all at once.
             */
            max_parallel: number;
            /** @description A text whose value is the whole matrix as JSON: a map from an axis to its values, `include` and `exclude` among them. */
            whole?: string | null;
        };
        /** @description Another pipeline's release must have completed a stage (or all of it). */
        "Plan.DependsOn": {
            pipeline: string;
            /** @description None: the whole path. */
            stage?: string | null;
        };
        /** @description Why the targets of a stage stand in the waves that they stand in (W4). */
        "Plan.Derivation": {
            /** @description Targets that a condition left out, and the condition. */
            left_out: {
                [key: string]: string;
            };
            /** @description By target. */
            reasons: {
                [key: string]: string;
            };
            /** @description For people: `amazon, scale large, from targets.yaml where tier == 'prod'`. */
            rule: string;
        };
        /** @description A condition in front of a stage or a wave (G1). The variants stand in order of cost (G2). */
        "Plan.Gate": {
            condition: components["schemas"]["Plan.GateCondition"];
            /** @description Unique among the gates of its stage or wave: `approval`, `window`, or the name in the file. */
            name: string;
        };
        "Plan.GateCondition": {
            depends_on: components["schemas"]["Plan.DependsOn"];
        } | {
            alarms: components["schemas"]["Plan.Alarm"][];
        } | {
            window: components["schemas"]["Plan.Window"];
        } | {
            metric: components["schemas"]["Plan.Metric"];
        } | {
            check: components["schemas"]["Plan.Check"];
        } | {
            approval: components["schemas"]["Plan.Approval"];
        };
        /** @description An identity token that a job may ask for. */
        "Plan.IdToken": {
            /** @description The `aud` of the token: who shall accept it. */
            audience: string;
        };
        /** @description What one runner executes. Texts may still hold `${{ … }}`; they are inserted when the job is leased. */
        "Plan.Job": {
            /** @description The key of [`super::Plan::accounts`] whose credentials the job gets (A8). */
            account?: string | null;
            /** @description What it adds to the plan (D1). */
            adds?: components["schemas"]["Plan.Adds"] | null;
            artifacts_in: components["schemas"]["Plan.ArtifactIn"][];
            artifacts_out: components["schemas"]["Plan.ArtifactOut"][];
            /** @description Start from a checkout of the release's commit. */
            checkout: boolean;
            class: components["schemas"]["Plan.Class"];
            /** @description CEL; false: the job is skipped and counts as satisfied (D5). */
            condition?: string | null;
            container?: string | null;
            env: {
                [key: string]: string;
            };
            /** @description Always run, also after failure, timeout and cancel (A7). */
            finally: components["schemas"]["Plan.Step"][];
            /** Format: uint64 */
            grace_ms: number;
            /** @description Whom the job may show who it is. */
            id_token?: components["schemas"]["Plan.IdToken"] | null;
            /** @description For people: `package`, `deploy`, `shift 10%`. */
            name: string;
            /** @description Run after failure and timeout, before `finally`; they change nothing about how the job ended. */
            on_failure?: components["schemas"]["Plan.Step"][];
            /** @description The jobs that it shares a limit with. */
            parallel?: components["schemas"]["Plan.Parallel"] | null;
            purpose: components["schemas"]["Plan.Purpose"];
            /** @description First match wins (A5). */
            retry: components["schemas"]["Plan.RetryRule"][];
            runs_on: components["schemas"]["Plan.RunsOn"];
            /** @description Names of secrets that reach this job; it gets only those it names. */
            secrets: string[];
            steps: components["schemas"]["Plan.Step"][];
            /** Format: uint64 */
            timeout_ms: number;
            vars: string[];
        };
        /** @description The serialised entry to a wave. Waves that name the same lane share one (`lane: {per: stage}`). */
        "Plan.Lane": {
            /** @description `prod/wave-1`, or `prod` for a lane of the whole stage. Unique in the pipeline. */
            key: string;
            policy: components["schemas"]["Plan.LanePolicy"];
        };
        "Plan.LanePolicy": "supersede" | "queue" | "parallel";
        /** @description One axis of a matrix. */
        "Plan.MatrixAxis": {
            name: string;
            values: components["schemas"]["Plan.AxisValues"];
        };
        /** @description A query whose value must be within bounds at entry. */
        "Plan.Metric": {
            /** Format: double */
            bound: number;
            comparison: components["schemas"]["Plan.Comparison"];
            monitor: components["schemas"]["Plan.Monitor"];
        };
        /**
         * @description The start or end of a stage, wave or target.
         * @enum {string}
         */
        "Plan.Milestone": "stage_start" | "stage_end" | "wave_start" | "wave_end" | "target_start" | "target_end";
        /**
         * @description What is read and how. Everybody who watches an equal monitor shares one poll.
         *
         *     Texts may hold `${{ target.… }}`; they are inserted when the plan is expanded, so that the
         *     monitor of each target is a value of its own.
         */
        "Plan.Monitor": {
            /** Format: uint64 */
            interval_ms: number;
            /** Format: uint64 */
            timeout_ms: number;
        } & ({
            http: {
                body_contains?: string | null;
                headers: {
                    [key: string]: string;
                };
                /** Format: uint32 */
                max_failures: number;
                /** Format: uint64 */
                max_latency_ms?: number | null;
                method: string;
                /** Format: uint32 */
                samples: number;
                status: number[];
                url: string;
            };
        } | {
            command: {
                run: string;
            };
        } | {
            prometheus: {
                comparison: components["schemas"]["Plan.Comparison"];
                query: string;
                server: string;
                /** Format: double */
                threshold: number;
            };
        } | {
            external: {
                account?: string | null;
                name: string;
                region?: string | null;
                system: string;
            };
        });
        /** @description A vertex of the plan. */
        "Plan.Node": {
            /** @description Unique in the plan, readable, stable between releases: `prod/wave-2/local/c/deploy`. */
            key: string;
            kind: components["schemas"]["Plan.NodeKind"];
            needs: components["schemas"]["Plan.NodeIx"][];
            stage: components["schemas"]["Plan.StageIx"];
            /** @description The target that this node belongs to. */
            target?: string | null;
            /** @description None for the stage's own milestones and gates. */
            wave?: components["schemas"]["Plan.WaveIx"] | null;
        };
        /**
         * Format: uint32
         * @description A position in [`Plan::nodes`].
         */
        "Plan.NodeIx": number;
        "Plan.NodeKind": {
            job: components["schemas"]["Plan.Job"];
        } | {
            gate: components["schemas"]["Plan.Gate"];
        } | {
            bake: components["schemas"]["Plan.Bake"];
        } | {
            milestone: components["schemas"]["Plan.Milestone"];
        };
        /** @description Who is told of what. `on` holds names of event kinds (`failed`, `rolled_back`, `waiting_approval`, `completed`). */
        "Plan.Notify": {
            on: string[];
            to: components["schemas"]["Plan.NotifyTo"];
        };
        "Plan.NotifyTo": {
            slack: string;
        } | {
            email: string;
        } | {
            webhook: string;
        };
        /** @description At most `limit` jobs of one group of one release run at once. */
        "Plan.Parallel": {
            /** @description Unique in the plan: `build/test`. */
            group: string;
            /** Format: uint32 */
            limit: number;
        };
        /** @description The environment of one pull request. */
        "Plan.Preview": {
            /** @description Where people see it, if that is known. */
            address?: string | null;
            /** Format: uint64 */
            number: number;
            /** @description What takes it away, as it was when it was made; none: this plan takes it away itself. */
            removal?: components["schemas"]["Plan"] | null;
            /** @description `local/one/pr-7`. */
            target: string;
        };
        /** @description The environment that each pull request gets. */
        "Plan.PreviewSettings": {
            /** @description Where people see it; `{number}` stands for the pull request's. None: as the block says. */
            address?: string | null;
            /**
             * Format: uint64
             * @description Without a push for so long, it is removed.
             */
            delete_after_ms: number;
            /**
             * Format: uint64
             * @description Without a push for so long, it is put to sleep.
             */
            idle_sleep_ms: number;
            /** @description The stage whose deploy block makes it; none: the first that deploys. */
            stage?: string | null;
            /** @description The target beside which it stands; none: the first of that stage. */
            target?: string | null;
            /** @description Inputs of the block that are other than the stage's; `{number}` stands for the pull request's. */
            with: {
                [key: string]: string;
            };
        };
        /** @description How pull requests are followed. */
        "Plan.PullRequests": {
            /** @description Only those that touch one of these, as globs; empty: all. */
            paths: string[];
            /** @description None: checks only. */
            preview?: components["schemas"]["Plan.PreviewSettings"] | null;
        };
        /** @description What a job is for. */
        "Plan.Purpose": ("before" | "verify" | "after" | "on_failure" | "finally") | "job" | {
            deploy: {
                /**
                 * Format: uint8
                 * @description How much of the target runs the release after this job; 0 while the new side of `blue_green` serves nobody.
                 */
                percent: number;
            };
        } | "rollback" | "inspect";
        "Plan.RetryOn": "timeout" | "any" | {
            exit_codes: number[];
        } | {
            signals: number[];
        } | "runner_lost";
        /** @description A retry by the engine (A5). */
        "Plan.RetryRule": {
            /**
             * Format: uint64
             * @description Doubled for each further attempt under the same rule, up to an hour.
             */
            backoff_ms: number;
            /**
             * Format: uint32
             * @description How many more attempts this rule grants.
             */
            limit: number;
            on: components["schemas"]["Plan.RetryOn"];
        };
        "Plan.RollbackPolicy": {
            after: components["schemas"]["Plan.AfterRollback"];
            /**
             * Format: uint32
             * @description How many targets go back at once; 0: all (X4).
             */
            max_parallel: number;
            /** @description An alarm during rollout or bake, or a broken metric, acts by itself (X1). */
            on_alarm: boolean;
            /** @description A failed deploy or verify job acts by itself (X1). */
            on_failure: boolean;
            scope: components["schemas"]["Plan.RollbackScope"];
            /**
             * Format: uint64
             * @description A failure later than this after the stage ended no longer acts by itself (X9).
             */
            within_ms: number;
        };
        /** @enum {string} */
        "Plan.RollbackScope": "target" | "wave" | "stage";
        /** @description One target's part of a wave. */
        "Plan.Rollout": {
            /** @description The last job whose success means that the target runs this release (its bake comes after). */
            deployed: components["schemas"]["Plan.NodeIx"];
            end: components["schemas"]["Plan.NodeIx"];
            finally: components["schemas"]["Plan.NodeIx"][];
            /** @description A job outside the DAG: prints as outputs `release`, `version`, `health`, `in_progress` what runs there now (A3). */
            inspect: components["schemas"]["Plan.NodeIx"];
            /** @description Every node between start and end, in order; bakes included. */
            nodes: components["schemas"]["Plan.NodeIx"][];
            /** @description Jobs outside the DAG. */
            on_failure: components["schemas"]["Plan.NodeIx"][];
            /** @description A job outside the DAG: makes the target run *this* release as a rollback (X3, X5). */
            rollback: components["schemas"]["Plan.NodeIx"];
            /** @description [`Milestone::TargetStart`] and [`Milestone::TargetEnd`]. */
            start: components["schemas"]["Plan.NodeIx"];
            target: string;
        };
        /** @description Where a job may run. */
        "Plan.RunsOn": {
            /** @description All must match the runner's. */
            labels: {
                [key: string]: string;
            };
            /** @description `default` when the file names none. */
            pool: string;
        };
        /** @description A further source of a release's revisions (P5). */
        "Plan.Source": {
            repository: {
                branch: string;
                url: string;
            };
        } | {
            pipeline: {
                pipeline: string;
                stage?: string | null;
            };
        };
        /** @description A named step on the path: build, beta, prod. */
        "Plan.Stage": {
            end: components["schemas"]["Plan.NodeIx"];
            finally: components["schemas"]["Plan.NodeIx"][];
            name: string;
            notify: components["schemas"]["Plan.Notify"][];
            /** @description Jobs outside the DAG that run when the stage ends badly, then those that run however it ends. */
            on_failure: components["schemas"]["Plan.NodeIx"][];
            production: boolean;
            rollback: components["schemas"]["Plan.RollbackPolicy"];
            /** @description [`Milestone::StageStart`] and [`Milestone::StageEnd`]. */
            start: components["schemas"]["Plan.NodeIx"];
            waves: components["schemas"]["Plan.Wave"][];
        };
        /**
         * Format: uint32
         * @description A position in [`Plan::stages`].
         */
        "Plan.StageIx": number;
        /** @description One command. */
        "Plan.Step": {
            /** @description CEL; false: the step is left out. */
            condition?: string | null;
            env: {
                [key: string]: string;
            };
            /** @description Files of a block that this step needs, by path in the workspace: `.tidegate/blocks/<block>/tool.sh`. */
            files: {
                [key: string]: string;
            };
            name: string;
            run: string;
            /** @description Program and arguments before the text, such as `["bash", "-eu", "-o", "pipefail", "-c"]`. */
            shell: string[];
            /** Format: uint64 */
            timeout_ms?: number | null;
            working_directory: string;
        };
        /** @description What makes a release start. */
        "Plan.Trigger": {
            push: {
                branch: string;
                paths: string[];
            };
        } | {
            schedule: {
                cron: string;
                timezone: string;
            };
        } | {
            pull_request: components["schemas"]["Plan.PullRequests"];
        } | {
            manual: {
                inputs: {
                    [key: string]: string | null;
                };
            };
        };
        /** @description An ordered group of targets within a stage, or the one wave of a stage without waves. */
        "Plan.Wave": {
            /** @description Watched from the first shift of a target to the end of its bake, and asked before entry (IC6). */
            alarms: components["schemas"]["Plan.Alarm"][];
            /**
             * Format: uint32
             * @description How many targets must be complete before the next wave (W1); none: all.
             */
            at_least?: number | null;
            /** @description [`Milestone::WaveEnd`]. */
            end: components["schemas"]["Plan.NodeIx"];
            finally: components["schemas"]["Plan.NodeIx"][];
            /**
             * @description The gates in front of this wave: those of its stage, then its own. A stage's gate node is
             *     shared by all its waves: asked once (G5), evaluated again at each (G3).
             */
            gates: components["schemas"]["Plan.NodeIx"][];
            lane: components["schemas"]["Plan.Lane"];
            /**
             * Format: uint32
             * @description How many targets may be under way at once (W2); 0: all.
             */
            max_parallel: number;
            /** @description `wave-1`, …, or the name in the file; empty for the one wave of a stage without waves. */
            name: string;
            /** @description Jobs outside the DAG, as for a stage. */
            on_failure: components["schemas"]["Plan.NodeIx"][];
            /** @description In file order. Empty for a wave that deploys nowhere. */
            rollouts: components["schemas"]["Plan.Rollout"][];
            /** @description The lane's door: [`Milestone::WaveStart`]. Everything else of the wave needs it. */
            start: components["schemas"]["Plan.NodeIx"];
        };
        /** @description A wave: its stage and its position in [`Stage::waves`]. */
        "Plan.WaveIx": {
            stage: components["schemas"]["Plan.StageIx"];
            /** Format: uint32 */
            wave: number;
        };
        /** @description What follows when a bake can neither pass nor fail (B2). */
        "Plan.WhenUnclear": "rollback" | "stop" | "pass";
        /** @description Allow and deny rules in one time zone (G7). */
        "Plan.Window": {
            /** @description Where any allow exists, one must be active. */
            allow: components["schemas"]["Plan.WindowRule"][];
            /** @description Open only when none is active. */
            deny: components["schemas"]["Plan.WindowRule"][];
            deny_calendars: components["schemas"]["Plan.Calendar"][];
            /** @description An IANA name. */
            timezone: string;
        };
        "Plan.WindowRule": {
            weekly: {
                days: number[];
                /** Format: uint16 */
                from_minute: number;
                /** Format: uint16 */
                to_minute: number;
            };
        } | {
            dates: {
                first: string;
                last: string;
            };
        };
        /** @description A stored plan, as data and for people. */
        PlanAnswer: {
            plan: components["schemas"]["Plan"];
            text: string;
        };
        /** @description How a plan differs from another. */
        PlanDifference: {
            /** @description Change by change. */
            changes: Record<string, never>;
            /** @description What to look at twice, such as a gate that is gone. */
            risks: string[];
            text: string;
        };
        /** @description A plan in every form. */
        Planned: {
            diagnostics: components["schemas"]["Diagnostic"][];
            difference?: components["schemas"]["PlanDifference"] | null;
            dot: string;
            /** @description For Mermaid and for Graphviz. */
            mermaid: string;
            plan: components["schemas"]["Plan"];
            text: string;
        };
        /** @description Asks what a file would do. */
        PlanRequest: {
            file?: string;
            files?: {
                [key: string]: string;
            };
            inputs?: {
                [key: string]: string;
            };
            /** @description A connected pipeline whose newest plan it is compared with. */
            pipeline?: string | null;
            text: string;
        };
        /** @description What a figure is made of: the release to look at. */
        Point: {
            at: components["schemas"]["Time"];
            attempt?: components["schemas"]["AttemptId"] | null;
            failed: boolean;
            pipeline: string;
            release: components["schemas"]["ReleaseNumber"];
            /** Format: int64 */
            took_ms: number;
        };
        /** @description The preview of a pull request. */
        PreviewView: {
            /** @description Where people see it, if that is known. */
            address?: string | null;
            target: components["schemas"]["TargetName"];
        };
        /** @description One error as it travels. `detail` says what, where, what was expected and how to mend it. */
        Problem: {
            /** @description Whoever or whatever was first, for conflicts. */
            by?: string | null;
            code: components["schemas"]["Code"];
            detail: string;
            /** @description What is wrong with a pipeline file. */
            diagnostics?: Record<string, never>[];
            /** @description The request's id, as in the access log. */
            instance?: string | null;
            /**
             * Format: int64
             * @description When trying again makes sense; also in the header `retry-after`, in whole seconds.
             */
            retry_after_ms?: number | null;
            /** Format: int32 */
            status: number;
            title: string;
            /** @description Where the code is explained: `/problems/<code>`. */
            type: string;
        };
        /**
         * @description The commits view (S1): changes newest first, and per target up to which change it has them. Said in few bytes, since it is fetched anew
         *     whenever something moves: what most targets of a wave have in common is said once.
         */
        ProgressAnswer: {
            /** @description A target whose name begins with one of these and `/` is `account/region[/unit]`. */
            accounts: string[];
            changes: components["schemas"]["ChangeLine"][];
            /** @description The server's time. */
            now: components["schemas"]["Time"];
            /**
             * Format: int64
             * @description Every event up to this one is in here.
             */
            seq: number;
            /** @description Where changes come from; a change names its place in this list. */
            sources: components["schemas"]["NamedSource"][];
            stages: components["schemas"]["StageLine"][];
        };
        /** @description What stands between this wave and the one before, and what waits for it. */
        ProgressGate: {
            alarm?: string | null;
            canAct: boolean;
            /**
             * Format: int64
             * @description The newest change that waits, and its release.
             */
            change?: number | null;
            /** @description What an approval would be bound to (G5). */
            digest?: string | null;
            /** @description The gate's key, for requests. */
            gate?: string | null;
            /** Format: int32 */
            given?: number | null;
            /**
             * Format: int64
             * @description How many commits wait here.
             */
            held: number;
            /** @description The kind of a gate, or `lane`, `hold`, `quarantine`, …. */
            kind: string;
            /**
             * Format: int32
             * @description People: how many are needed and how many said yes.
             */
            needed?: number | null;
            reason: string;
            release?: components["schemas"]["ReleaseNumber"] | null;
            since?: components["schemas"]["Time"] | null;
            state: components["schemas"]["GateState"];
            until?: components["schemas"]["Time"] | null;
        };
        /** @description It went bad; it may enter no further target (X6). */
        Quarantine: {
            by: components["schemas"]["Actor"];
            reason: string;
            since: components["schemas"]["Time"];
        };
        /** @description An attempt that waits for a runner, and why. */
        QueuedView: {
            attempt: components["schemas"]["AttemptId"];
            labels: {
                [key: string]: string;
            };
            node?: string | null;
            pipeline: string;
            pool: string;
            queued_at: components["schemas"]["Time"];
            /** @description `needs arch=arm64: 2 runners match, both busy`. */
            reason: string;
            release?: components["schemas"]["ReleaseNumber"] | null;
            /** @description Rollbacks and inspections go first (R13). */
            urgent: boolean;
        };
        /** @description What a monitor said (B2, G9): kept apart, never guessed from each other. */
        Reading: {
            detail: string;
            /** @constant */
            kind: "ok";
            /** Format: double */
            value?: number | null;
        } | {
            detail: string;
            /** @constant */
            kind: "bad";
            /** Format: double */
            value?: number | null;
        } | {
            detail: string;
            /** @constant */
            kind: "no_data";
        } | {
            detail: string;
            /** @constant */
            kind: "unreadable";
        };
        /** @enum {string} */
        ReadingKind: "ok" | "bad" | "no_data" | "unreadable";
        /** @description A reason, in a person's words. */
        Reason: {
            reason?: string;
        };
        /** @description A release as a mark in a line. */
        RecentRelease: {
            release: components["schemas"]["ReleaseNumber"];
            state: components["schemas"]["ReleaseState"];
            /**
             * Format: int64
             * @description From its creation to its end.
             */
            took_ms?: number | null;
        };
        RegionHealth: {
            /** @description When its role was last asked for, by a check or for a job. */
            at: components["schemas"]["Time"];
            last_assumed_at?: components["schemas"]["Time"] | null;
            /** @description What was wrong; none: it was assumed. */
            problem?: string | null;
        };
        /** @description `POST /runner/v1/register` with the one-time token as bearer. */
        Register: {
            /** @description What jobs can ask for with `runs_on`, such as `os: linux`, `arch: x86_64`. */
            labels: {
                [key: string]: string;
            };
            /** @description For people; the host name by default. */
            name: string;
            /**
             * Format: int32
             * @description How many jobs may run at once, 1 to 256.
             */
            slots: number;
            /**
             * @description SHA-256, in hexadecimal, of the token that the runner has made for itself and keeps. When the answer was lost,
             *     the same request registers the same runner again. Without it the server makes a token.
             */
            token_hash?: string | null;
            version: string;
        };
        /** @description Who the runner is from now on. `token` is empty when the runner has made its own; stored hashed by the server. */
        Registered: {
            generation: components["schemas"]["Generation"];
            pool: string;
            runner: components["schemas"]["RunnerId"];
            token: string;
        };
        /** @description A release with its timeline. */
        ReleaseAnswer: components["schemas"]["ReleaseView"] & {
            /** @description Oldest first; the newest 500. */
            events: components["schemas"]["FeedEvent"][];
            /** Format: int64 */
            seq: number;
        };
        /**
         * Format: int64
         * @description `#412`: counts up within one pipeline.
         */
        ReleaseNumber: number;
        /** @enum {string} */
        ReleaseState: "moving" | "completed" | "failed" | "cancelled" | "superseded" | "outdated";
        /** @description One line of a list of releases. */
        ReleaseSummary: {
            /** Format: int64 */
            change: number;
            created_at: components["schemas"]["Time"];
            created_by: components["schemas"]["Actor"];
            digest: string;
            ended_at?: components["schemas"]["Time"] | null;
            number: components["schemas"]["ReleaseNumber"];
            /** @description Shown for ever (G8). */
            overrides: components["schemas"]["OverrideRecord"][];
            quarantine?: components["schemas"]["Quarantine"] | null;
            reason: string;
            revisions: components["schemas"]["Revision"][];
            state: components["schemas"]["ReleaseState"];
            superseded_by?: components["schemas"]["ReleaseNumber"] | null;
            trigger: string;
            /** @description Whose word it is (D6). */
            trust?: components["schemas"]["Trust"];
        };
        /** @description A release with all that has happened to it. */
        ReleaseView: components["schemas"]["ReleaseSummary"] & {
            /** @description What jobs added to its plan, in order (D1). */
            added: components["schemas"]["AdditionView"][];
            /** @description Every artifact of the release by name (P2). */
            artifacts: components["schemas"]["ArtifactView"][];
            gates: components["schemas"]["GateView"][];
            inputs: {
                [key: string]: string;
            };
            /** @description In the order of the plan; the ones to which nothing has happened included. */
            nodes: components["schemas"]["NodeView"][];
            preview?: components["schemas"]["PreviewView"] | null;
            waves: components["schemas"]["WaveView"][];
        };
        /**
         * @description `POST /runner/v1/token`: the token that the runner will use next. It counts from its first use, and the one before it
         *     until then.
         */
        RenewToken: {
            /** @description SHA-256, in hexadecimal, of the token that the runner has made for itself and keeps. */
            token_hash: string;
        };
        /** @description `POST /runner/v1/attempts/{attempt}/complete`: how an attempt ended. Answered the same way when repeated (IA7). */
        Report: {
            artifacts: components["schemas"]["Artifact"][];
            fences: components["schemas"]["Fences"];
            /**
             * @description The whole log, when nothing of it was sent before and it is text of at most [`MAX_WHOLE_LOG_BYTES`](crate::MAX_WHOLE_LOG_BYTES):
             *     most jobs are short, and need no other call for it.
             */
            log?: string | null;
            /**
             * Format: int64
             * @description The length of the whole log and the SHA-256 over it (R10).
             */
            log_bytes: number;
            log_digest: string;
            /** @description When the lines of `log` were written, in order. */
            log_times?: components["schemas"]["LogTime"][];
            outcome: components["schemas"]["Outcome"];
            /** @description What the steps wrote to `$TIDEGATE_OUTPUT`, masked; at most 64 keys of 16 KiB. */
            outputs: {
                [key: string]: string;
            };
            steps: components["schemas"]["StepReport"][];
            /** @description What the steps wrote to `$TIDEGATE_SUMMARY` (Markdown), masked; at most 256 KiB. */
            summary: string;
        };
        /** @description What the client has is too old: fetch the snapshots again. */
        Reset: {
            reason: string;
            /** Format: int64 */
            seq: number;
        };
        /** @description A person says what is true of a target in the state unknown (R9). */
        Resolve: {
            reason: string;
            target: components["schemas"]["TargetName"];
            verdict: components["schemas"]["Verdict"];
        };
        /** @description A retry by hand (A6): same release, same plan, new attempts. */
        Retry: {
            /** @constant */
            kind: "failed_jobs";
        } | {
            /** @constant */
            kind: "stage";
            stage: string;
        } | {
            key: string;
            /** @constant */
            kind: "job";
        };
        /** @description New attempts of the same plan (A6). */
        RetryRelease: {
            what: components["schemas"]["Retry"];
        };
        /** @description One commit (or digest) of one source. */
        Revision: {
            /** @description As written in the commit: for display only, never for a decision. */
            author: string;
            /** @description The full commit id. */
            commit: string;
            committed_at: components["schemas"]["Time"];
            /** @description The branch or tag it was found on. */
            reference: string;
            source: string;
            title: string;
        };
        /**
         * @description What a person or token may do. Each role may do all that those before it may.
         * @enum {string}
         */
        Role: "viewer" | "developer" | "approver" | "operator" | "admin";
        /** @description Takes a place back to an earlier good release (X2, X10). */
        Rollback: {
            place: components["schemas"]["Place"];
            reason: string;
            to?: components["schemas"]["ReleaseNumber"] | null;
        };
        RollbackChoice: {
            /** Format: int64 */
            change: number;
            /** @description It can be chosen for every one of them. */
            fits_all: boolean;
            /** @description When it last passed its bake at one of the targets. */
            good_at: components["schemas"]["Time"];
            release: components["schemas"]["ReleaseNumber"];
            sha: string;
            /**
             * Format: int32
             * @description At how many of the targets that would go back it may be chosen.
             */
            targets: number;
            title: string;
        };
        /** @description What a rollback would do now, by the same rules that it would follow. */
        RollbackPreview: {
            /** @description Releases that may be chosen, newest first. */
            choices: components["schemas"]["RollbackChoice"][];
            /** @description The lanes are held afterwards (X10). */
            holds: boolean;
            is_cut: boolean;
            /** @description Commits that leave one of the targets, newest first; `is_cut`: there are more than 500. */
            leaves_out: components["schemas"]["Change"][];
            place: components["schemas"]["Place"];
            /** @description Releases that would be quarantined (X6). */
            quarantines: components["schemas"]["ReleaseNumber"][];
            /** @description Why it would be refused; then no target has a destination. */
            refused?: string | null;
            /** Format: int64 */
            seq: number;
            /** @description Every target of the place with where it would go, or why it stays. */
            targets: components["schemas"]["RollbackTarget"][];
            /** Format: int64 */
            usually_ms?: number | null;
        };
        RollbackTarget: {
            from?: components["schemas"]["ReleaseNumber"] | null;
            name: components["schemas"]["TargetName"];
            stays_because?: string | null;
            to?: components["schemas"]["ReleaseNumber"] | null;
        };
        /** @enum {string} */
        RolloutState: "running" | "baking" | "succeeded" | "failed" | "unknown" | "cancelled" | "rolled_back";
        /** @description One deployment at a target, forward or back. */
        RolloutView: {
            deployed_at?: components["schemas"]["Time"] | null;
            direction: components["schemas"]["Direction"];
            ended_at?: components["schemas"]["Time"] | null;
            /** Format: int64 */
            number: number;
            reason: string;
            release: components["schemas"]["ReleaseNumber"];
            started_at: components["schemas"]["Time"];
            state: components["schemas"]["RolloutState"];
        };
        /** @description A registered runner, chosen by the server when it registers. */
        RunnerId: string;
        /** @description What a runner is busy with. */
        RunnerJob: {
            attempt: components["schemas"]["AttemptId"];
            /** @description The key of the job. */
            node: string;
            pipeline: string;
            release: components["schemas"]["ReleaseNumber"];
            since?: components["schemas"]["Time"] | null;
            /** @description Contact was lost (A3). */
            unknown: boolean;
        };
        /** @enum {string} */
        RunnerState: "online" | "lost" | "draining" | "revoked";
        /** @description Shown once. */
        RunnerTokenIssued: {
            expires_at: components["schemas"]["Time"];
            token: string;
        };
        /** @description One registered runner. */
        RunnerView: {
            /**
             * Format: int32
             * @description What it executes now.
             */
            busy: number;
            id: components["schemas"]["RunnerId"];
            jobs: components["schemas"]["RunnerJob"][];
            labels: {
                [key: string]: string;
            };
            last_seen_at: components["schemas"]["Time"];
            name: string;
            pool: string;
            registered_at: components["schemas"]["Time"];
            /** Format: int32 */
            slots: number;
            state: components["schemas"]["RunnerState"];
            version: string;
        };
        /** @description What a page needs to know before anybody has signed in. */
        ServerView: {
            /** @description Nobody can sign in yet: the server has printed a link with which the first admin is made. */
            needs_first_start: boolean;
            now: components["schemas"]["Time"];
            /** @description Where people can sign in beside with a password: `github`, at `GET /api/v1/session/github`. */
            sign_in?: string[];
            version: string;
        };
        ShareMeasure: {
            definition: string;
            /** Format: int64 */
            failed: number;
            /** @description The failed ones, oldest first. */
            points: components["schemas"]["Point"][];
            /**
             * Format: double
             * @description 0 to 1; none when nothing was deployed.
             */
            share?: number | null;
            /** Format: int64 */
            total: number;
        };
        /** @description Signs in. */
        SignIn: {
            name: string;
            password: string;
        };
        /** @description Where revisions come from. */
        SourceView: {
            branch: string;
            file: string;
            /** @description The newest commit that was dealt with. */
            head?: string | null;
            /** @description Why the last look failed. */
            last_error?: string | null;
            last_polled_at?: components["schemas"]["Time"] | null;
            /** Format: int64 */
            poll_ms: number;
            repository: string;
        };
        StageLine: {
            name: string;
            production: boolean;
            waves: components["schemas"]["WaveLine"][];
        };
        /** @description Starts a release by hand. */
        Start: {
            /** @description None: the branch's head. */
            commit?: string | null;
            inputs?: {
                [key: string]: string;
            };
        };
        Started: {
            release: components["schemas"]["ReleaseNumber"];
        };
        /** @description Attempts of one job at all its targets together. */
        StepMeasure: {
            /** Format: int64 */
            count: number;
            /** Format: int64 */
            failed: number;
            job: string;
            /** Format: int64 */
            p50_ms?: number | null;
            /** Format: int64 */
            p90_ms?: number | null;
            pipeline: string;
            /** @description Oldest first; the newest 400. */
            points: components["schemas"]["Point"][];
            /**
             * Format: int64
             * @description In the queue, before a runner took it.
             */
            queued_p50_ms?: number | null;
            stage: string;
        };
        /** @description Where one step stands. Durations are the runner's own; dates never travel (R5). */
        StepReport: {
            /**
             * Format: int32
             * @description None while it runs, or when it was ended by a signal.
             */
            exit_code?: number | null;
            /**
             * Format: int32
             * @description Position in `steps`, followed by `on_failure`, followed by `finally`.
             */
            index: number;
            /**
             * Format: int64
             * @description Where its output starts in the attempt's log, in bytes.
             */
            log_offset: number;
            name: string;
            /**
             * Format: int64
             * @description Since the attempt began on the runner.
             */
            started_after_ms: number;
            /**
             * Format: int64
             * @description None while it runs.
             */
            took_ms?: number | null;
        };
        /** @description The server wants the attempt to end (A7). */
        Stop: {
            /** Format: int64 */
            grace_ms: number;
            /** @description In words, for the log. */
            reason: string;
        };
        /** @description The server wants it to end (A7). */
        StopOrder: {
            /** Format: int64 */
            grace_ms: number;
            reason: string;
            since: components["schemas"]["Time"];
        };
        /** @description The stream is up to date. */
        Synced: {
            now: components["schemas"]["Time"];
            /** Format: int64 */
            seq: number;
        };
        /**
         * Format: int64
         * @description The number that only grows for one target; whoever holds the highest may touch it (A4).
         */
        TargetFence: number;
        /** @description One column of the commits view. */
        TargetFront: {
            account?: string | null;
            /**
             * Format: int64
             * @description The change whose rollout failed here last, while nothing newer is on its way.
             */
            failed?: number | null;
            /**
             * Format: int64
             * @description The first change whose path has this target; none: longer ago than is remembered. Only the commits view says it.
             */
            first?: number | null;
            /**
             * Format: int64
             * @description The change that is on its way in.
             */
            incoming?: number | null;
            /**
             * Format: int64
             * @description The change that a rollback took off.
             */
            left?: number | null;
            /**
             * Format: int64
             * @description The change that runs there; none: nothing, or not known.
             */
            live?: number | null;
            name: string;
            reason?: string | null;
            region?: string | null;
            release?: components["schemas"]["ReleaseNumber"] | null;
            since?: components["schemas"]["Time"] | null;
            state: components["schemas"]["TargetState"];
            until?: components["schemas"]["Time"] | null;
            /**
             * Format: int64
             * @description While something is on its way in: how long that usually takes here, the median of what is remembered.
             */
            usually_ms?: number | null;
        };
        /** @description One target, as far as it differs from what is usual in its wave. */
        TargetLine: {
            /**
             * Format: int64
             * @description The change whose rollout failed here last, while nothing newer is on its way.
             */
            failed?: number | null;
            /**
             * Format: int64
             * @description The first change whose path has this target; not said: longer ago than is remembered.
             */
            first?: number | null;
            /**
             * Format: int64
             * @description The change that is on its way in.
             */
            incoming?: number | null;
            /**
             * Format: int64
             * @description The change that a rollback took off.
             */
            left?: number | null;
            /**
             * Format: int64
             * @description The change that runs there; `null`: nothing, or not known.
             */
            live?: number | null;
            name: string;
            reason?: string | null;
            release?: components["schemas"]["ReleaseNumber"] | null;
            /**
             * Format: int64
             * @description Since when it is in that state, in seconds after the wave's `since`; not said: not known.
             */
            since_s?: number | null;
            state?: components["schemas"]["TargetState"] | null;
            /**
             * Format: int64
             * @description While it bakes: when that is over at the earliest, the same way.
             */
            until_s?: number | null;
            /**
             * Format: int64
             * @description While something is on its way in: how long that usually takes here.
             */
            usually_ms?: number | null;
        };
        /** @description One place that runs the software: `account/region[/unit]` or a plain name (`local/a`). */
        TargetName: string;
        /**
         * @description Where one target stands.
         * @enum {string}
         */
        TargetState: "empty" | "live" | "deploying" | "baking" | "rolling_back" | "rolled_back" | "failed" | "unknown" | "held";
        /** @description One target: what it runs, since when, how it got there, and what sets it apart from its neighbours (S2). */
        TargetView: components["schemas"]["TargetFront"] & {
            bad: components["schemas"]["ReleaseNumber"][];
            /** Format: int64 */
            fence: number;
            flag?: string | null;
            glass?: components["schemas"]["GlassAsked"] | null;
            /** @description Releases that it can go back to, newest first (X2). */
            good: components["schemas"]["ReleaseNumber"][];
            /** @description Newest first. */
            history: components["schemas"]["RolloutView"][];
            holder?: components["schemas"]["AttemptId"] | null;
            live_since?: components["schemas"]["Time"] | null;
            neighbours_run?: components["schemas"]["ReleaseNumber"] | null;
            partly?: components["schemas"]["ReleaseNumber"] | null;
            /** @description The full commit that runs there. */
            sha?: string | null;
            stage: string;
            title?: string | null;
            unknown?: components["schemas"]["Unknown"] | null;
            wave: string;
        };
        /**
         * Format: int64
         * @description A moment on the server's time base: milliseconds since 1970-01-01T00:00:00Z.
         *
         *     It comes from outside with every input; nothing in the core reads a clock.
         */
        Time: number;
        /** @description An API token, without its secret. */
        Token: {
            created_at: components["schemas"]["Time"];
            /** @description A user's id. */
            created_by: string;
            expires_at?: components["schemas"]["Time"] | null;
            id: string;
            /** @description It acts as the person who made it; otherwise for itself, and cannot approve. */
            is_personal: boolean;
            last_used_at?: components["schemas"]["Time"] | null;
            name: string;
            revoked_at?: components["schemas"]["Time"] | null;
            role: components["schemas"]["Role"];
        };
        /** @description Shown once. */
        TokenCreated: components["schemas"]["Token"] & {
            /** @description `tg_<id>_<secret>`. */
            secret: string;
        };
        /**
         * @description Whose word a release is. Decided when it is admitted, from what the forge's API says, and never changed (D6, IB8).
         * @enum {string}
         */
        Trust: "branch" | "pull_request" | "fork";
        /** @description Contact was lost while this attempt had the right to touch the target (A3, R9). */
        Unknown: {
            attempt: components["schemas"]["AttemptId"];
            /** @description From then on `inspect` may run: the last credentials have ended and a margin has passed (IA4). */
            inspect_after: components["schemas"]["Time"];
            /**
             * Format: int32
             * @description How many inspections have been tried.
             */
            inspections: number;
            /** @description Only a person can end it now. */
            needs_person: boolean;
            /** @description An alarm or failure that arrived meanwhile, acted on when the target is known again (IC10). */
            pending_failure?: string | null;
            since: components["schemas"]["Time"];
        };
        Upgrade: {
            created_at: components["schemas"]["Time"];
            created_by: string;
            id: string;
            /** @description Why it is in that state, in words. */
            reason: string;
            state: components["schemas"]["UpgradeState"];
            to: components["schemas"]["BlockVersion"];
            waves: components["schemas"]["UpgradedPipeline"][][];
        };
        /** @enum {string} */
        UpgradeChange: "hold" | "resume" | "roll_back";
        UpgradedPipeline: {
            detail: string;
            from: string;
            pipeline: string;
            release?: components["schemas"]["ReleaseNumber"] | null;
            state: components["schemas"]["MemberState"];
        };
        /** @description What a version would change in one pipeline. */
        UpgradePreview: {
            /** @description Of the plan, in words; empty: nothing. */
            difference: string;
            from: string;
            pipeline: string;
            /** @description Why there would be no plan. */
            problem?: string | null;
        };
        /** @enum {string} */
        UpgradeState: "rolling" | "held" | "rolling_back" | "done" | "rolled_back";
        /** @description `POST /runner/v1/attempts/{attempt}/upload`: a running job adds to the plan of its release (D1). Repeating it changes nothing (D2). */
        Upload: {
            fences: components["schemas"]["Fences"];
            /** @description What people call it where it has errors: the name of the file. */
            name: string;
            /** @description YAML or JSON; at most [`MAX_UPLOAD_BYTES`]. */
            text: string;
        };
        /** @description What became of an upload. That one is refused says nothing about the lease. */
        UploadAnswer: {
            accepted: boolean;
            /** @description For people: what it changed, or everything that is wrong with it. */
            message: string;
        };
        /** @description A person who can sign in. */
        User: {
            created_at: components["schemas"]["Time"];
            disabled_at?: components["schemas"]["Time"] | null;
            groups: string[];
            id: string;
            name: string;
            role: components["schemas"]["Role"];
        };
        /** @description What a target has that does not say otherwise. */
        UsualTarget: {
            /** Format: int64 */
            live?: number | null;
            release?: components["schemas"]["ReleaseNumber"] | null;
            since?: components["schemas"]["Time"] | null;
            state: components["schemas"]["TargetState"];
        };
        Validated: {
            diagnostics: components["schemas"]["Diagnostic"][];
            /** @description There are no errors; there may be warnings. */
            is_valid: boolean;
        };
        /** @description What a person found at an unknown target. */
        Verdict: {
            /** @constant */
            kind: "succeeded";
        } | {
            /** @constant */
            kind: "failed";
        } | {
            /** @constant */
            kind: "again";
        };
        /** @description Whether the chains of events are whole. */
        Verified: {
            /** @description The first row that does not fit, in words. */
            first_bad?: string | null;
            is_whole: boolean;
        };
        /** @description A release in front of a wave's lane, with everything that it waits for (S3). */
        Waiting: {
            arrived_at: components["schemas"]["Time"];
            /** Format: int64 */
            change: number;
            /** @description What approvals are bound to. */
            digest: string;
            /**
             * Format: int64
             * @description Commits that stand here because this release does: newer than what every target of the wave runs.
             */
            held: number;
            release: components["schemas"]["ReleaseNumber"];
            sha: string;
            title: string;
            waits_for: components["schemas"]["WaitReason"][];
        };
        /** @description One thing that a release waits for: what, since when, and until when if known (S3). */
        WaitReason: {
            /** @description In words: `window opens Monday 09:00 Europe/Athens`. */
            detail: string;
            /** @description `lane`, `hold`, `quarantine`, `max_parallel`, or the kind of a gate (`approval`, `window`, …). */
            kind: string;
            since: components["schemas"]["Time"];
            /** @description The gate's name, the hold's id, the release inside the lane. */
            subject?: string | null;
            until?: components["schemas"]["Time"] | null;
        };
        WaveLine: {
            gate?: components["schemas"]["ProgressGate"] | null;
            /** Format: int64 */
            inside?: number | null;
            /** @description The lane's key; the stage's name and the wave's with `/` between when it is not said. */
            lane?: string | null;
            name: string;
            targets: components["schemas"]["TargetLine"][];
            /**
             * Format: int64
             * @description For a wave that deploys nowhere: the newest change that came through, and the one inside.
             */
            through?: number | null;
            usual?: components["schemas"]["UsualTarget"] | null;
            /**
             * Format: int64
             * @description How long releases usually took from entering to completing it, and at its door: medians of those in memory.
             */
            usually_ms?: number | null;
            /** Format: int64 */
            usually_waits_ms?: number | null;
        };
        /** @description One wave in short. */
        WaveNow: {
            /**
             * Format: int32
             * @description How many of them run the newest change of the wave.
             */
            newest: number;
            stage: string;
            state?: components["schemas"]["TargetState"] | null;
            /** Format: int32 */
            targets: number;
            wave: string;
        };
        /** @enum {string} */
        WaveState: "waiting" | "entered" | "completed" | "failing" | "failed" | "rolled_back" | "cancelled" | "left";
        /** @description What the release did at one wave. */
        WaveView: {
            arrived_at?: components["schemas"]["Time"] | null;
            ended_at?: components["schemas"]["Time"] | null;
            entered_at?: components["schemas"]["Time"] | null;
            stage: string;
            state?: components["schemas"]["WaveState"] | null;
            waits_for: components["schemas"]["WaitReason"][];
            wave: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    openid_keys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    openid_discover: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accounts_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_CloudAccount"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accounts_add: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AddCloudAccount"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CloudAccount"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accounts_remove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accounts_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CloudAccount"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    accounts_policy: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountPolicy"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approvals_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ApprovalView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    artifacts_download: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                digest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    attempts_show: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AttemptAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    attempts_log: {
        parameters: {
            query?: {
                /** @description At most 5,000; 2,000 when not given. */
                count?: number;
                /** @description The first line, counted from 0. */
                from?: number;
            };
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogPage"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    attempts_log_follow: {
        parameters: {
            query?: {
                /** @description The first line, counted from 0. */
                from?: number;
            };
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["LogTail"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    attempts_log_raw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    attempts_log_search: {
        parameters: {
            query: {
                /** @description What to look for, letter by letter, 1 to 200 characters. */
                q: string;
            };
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogHits"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    attempts_log_times: {
        parameters: {
            query?: {
                /** @description The first line, counted from 0. */
                from?: number;
            };
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogTimes"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_list: {
        parameters: {
            query?: {
                /** @description `person:<id>`, `token:<id>`, `runner:<id>`, `trigger:<source>` or `engine`. */
                actor?: string;
                cursor?: string;
                kind?: components["schemas"]["EventKind"];
                /** @description At most 200; 50 when not given. */
                limit?: number;
                pipeline?: string;
                /** @description Needs `pipeline`. */
                release?: number;
                /** @description Milliseconds since 1970: from then on. */
                since?: number;
                target?: string;
                /** @description Milliseconds since 1970: before then. */
                until?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_FeedEvent"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_export: {
        parameters: {
            query: {
                actor?: string;
                /** @description `csv` or `jsonl`. */
                format: components["schemas"]["ExportFormat"];
                kind?: components["schemas"]["EventKind"];
                pipeline?: string;
                /** @description Needs `pipeline`. */
                release?: number;
                /** @description Milliseconds since 1970: from then on. */
                since?: number;
                target?: string;
                /** @description Milliseconds since 1970: before then. */
                until?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_server: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description At most 200; 50 when not given. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_AuditRow"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    audit_verify: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Verified"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    events_follow: {
        parameters: {
            query?: {
                /** @description Events after this one; the `seq` of a snapshot. None: from now on. */
                since?: number;
                /** @description Separated by commas: `p/<pipeline>`, `pipelines`, `approvals`, `runners`, `monitors`. None: everything. */
                topics?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["FeedEvent"][];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    first_start_finish: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FirstStart"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fleet_show: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Fleet"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fleet_preview: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BlockVersion"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_UpgradePreview"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fleet_begin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BeginUpgrade"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upgrade"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    fleet_change: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upgrade: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeUpgrade"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upgrade"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forges_show: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForgesView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forges_app: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forges_order_app: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderApp"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppForm"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    forges_app_back: {
        parameters: {
            query?: {
                code?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    metrics_show: {
        parameters: {
            query?: {
                /** @description How many days back, at most 365; 30 when not given. */
                days?: number;
                /** @description One pipeline, with its jobs; none: all of them together, without jobs. */
                pipeline?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MetricsAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    monitors_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_MonitorView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_list: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description At most 200; 50 when not given. */
                limit?: number;
                /** @description Only these, separated by commas: the ones that somebody has marked. */
                names?: string;
                /** @description `failing`, `waiting`, or `mine`: it waits for the caller, or moves a release that the caller made or started. */
                only?: components["schemas"]["OnlyPipelines"];
                /** @description A part of the name, or of the newest commit's title; upper and lower case are the same. */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PipelineSummary"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_connect: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Connect"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Connected"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_show: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PipelineView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_disconnect: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_approve_pull_request: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApprovePullRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_board: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BoardAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_check: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checked"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_compare: {
        parameters: {
            query: {
                /** @description A stage (`gamma`), a wave (`prod/wave-1`), a target (`local/a`) or a release (`#412`). */
                from: string;
                /** @description The same. */
                to: string;
            };
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Compared"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    holds_list: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_HoldRow"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    holds_place: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlaceHold"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HoldPlaced"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    holds_lift: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_progress: {
        parameters: {
            query?: {
                /** @description Only changes before this number: the page after one whose last change has it. */
                before?: number;
                /** @description How many changes, at most 200; 50 when not given. */
                limit?: number;
            };
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProgressAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_list: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description At most 200; 50 when not given. */
                limit?: number;
            };
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ReleaseSummary"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_show: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReleaseAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_additions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AdditionAnswer"][];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_answer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Answer"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_approve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Approve"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_cancel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_evidence: {
        parameters: {
            query: {
                /** @description The gate's key. */
                gate: string;
            };
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvidenceAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_lift_quarantine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_override_gate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GateReason"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_quarantine: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reason"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_reject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GateReason"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releases_retry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                number: number;
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RetryRelease"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_rollback_preview: {
        parameters: {
            query?: {
                stage?: string;
                target?: string;
                /** @description None: the newest good release of each target. */
                to?: number;
                wave?: string;
            };
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RollbackPreview"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_rollback: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rollback"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pipelines_start: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Start"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Started"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    targets_list: {
        parameters: {
            query?: {
                /** @description One target only. */
                name?: string;
            };
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TargetView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    targets_break_glass: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Resolve"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    targets_history: {
        parameters: {
            query: {
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description At most 200; 50 when not given. */
                limit?: number;
                name: string;
            };
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RolloutView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    targets_resolve: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Resolve"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Applied"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    files_plan: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Planned"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runners_queue: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_QueuedView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runners_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RunnerView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runners_drain: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runners_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                runner: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runners_issue_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IssueRunnerToken"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunnerTokenIssued"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_show: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ServerView"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_show: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    session_sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_begin: {
        parameters: {
            query?: {
                /** @description An id that the browser made and keeps the meaning of, handed back as `/?then=…`; letters, digits, `-` and `_`, 64 at most. */
                then?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_back: {
        parameters: {
            query?: {
                code?: string;
                /** @description Instead of a code, when the person said no. */
                error?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tokens_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Token"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tokens_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateToken"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenCreated"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tokens_revoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    users_list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_User"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    users_create: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateUser"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    users_change: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeUser"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    files_validate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PipelineFile"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Validated"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_problem: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    server_ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_artifact_up: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_complete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Report"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_credentials: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CredentialsRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Credentials"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_heartbeat: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Heartbeat"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeartbeatAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_id_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdTokenRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdToken"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_artifact_down: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
                digest: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": number[];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_log: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": number[];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LogAck"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_upload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                attempt: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Upload"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadAnswer"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_lease: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LeaseRequest"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_register: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Register"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Registered"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runner_renew_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RenewToken"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    webhooks_take: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                forge: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookTaken"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    webhooks_alarm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                secret: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HookTaken"];
                };
            };
            /** @description An error; see `code`. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
