-- Placements in doubt: what a model's answer did not settle, and the lowest tenth of margins.
-- (The view `doubtful` of `cladus query` leaves out, besides, what people have moved since.)
WITH ordered AS (
    -- A cluster that moved up alone was labelled several times: the last label counts.
    SELECT *, row_number() OVER (PARTITION BY cluster_id ORDER BY iteration DESC) AS turn
    FROM labels
),
placed AS (
    SELECT
        l.iteration, h.id, h.name, p.name AS parent, l.answer, l.match, l.margin, l.remark,
        other.name AS runner_up
    FROM ordered AS l
    JOIN hierarchy AS h ON l.cluster_id = h.id
    JOIN hierarchy AS p ON h.parent_id = p.id
    LEFT JOIN candidates AS other ON l.iteration = other.iteration AND l.runner_up = other.candidate_id
    WHERE l.turn = 1
),
margins AS (
    SELECT margin, row_number() OVER (ORDER BY margin) - 1 AS place FROM placed WHERE margin IS NOT NULL
),
tenth AS (
    SELECT floor(count(*) / 10.0) AS beyond FROM margins
),
bounds AS (
    SELECT min(margin) AS toss_up FROM margins CROSS JOIN tenth WHERE place >= beyond
),
asked AS (
    SELECT count(answer) AS answers FROM placed
)
SELECT placed.iteration, placed.name, placed.parent, placed.runner_up, placed.margin, placed.match, placed.remark
FROM placed
CROSS JOIN bounds
CROSS JOIN asked
WHERE placed.remark IS NOT NULL
    OR (placed.match = 'nearest' AND asked.answers > 0)
    OR placed.margin < bounds.toss_up
ORDER BY placed.margin NULLS LAST, placed.name;
