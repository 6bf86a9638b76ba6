-- What a changed prompt (or model, or seed) moved: base clusters that are not where most of those are that
-- were below the same root before.
--
--   cladus query new-run --also before=old-run --file pipelines/queries/moved.sql
WITH was AS (
    SELECT l.id AS old_leaf, r.id AS old_root, r.name AS was_under
    FROM before_hierarchy AS l
    JOIN before_closure AS c ON l.id = c.descendant
    JOIN before_hierarchy AS r ON c.ancestor = r.id
    WHERE l.level = 0 AND r.parent_id IS NULL
),
now AS (
    SELECT l.id AS leaf, l.name AS name, l.size AS size, r.id AS new_root, r.name AS is_under
    FROM hierarchy AS l
    JOIN closure AS c ON l.id = c.descendant
    JOIN hierarchy AS r ON c.ancestor = r.id
    WHERE l.level = 0 AND r.parent_id IS NULL
),
pairs AS (
    SELECT leaf, name, size, old_root, was_under, new_root, is_under
    FROM now
    JOIN was ON now.leaf = was.old_leaf
),
shared AS (
    SELECT old_root AS old_side, new_root AS new_side, count(*) AS clusters
    FROM pairs
    GROUP BY old_root, new_root
),
most AS (
    SELECT old_side AS side, max(clusters) AS clusters FROM shared GROUP BY old_side
),
heirs AS (
    SELECT shared.old_side AS side, min(shared.new_side) AS heir
    FROM shared
    JOIN most ON shared.old_side = most.side AND shared.clusters = most.clusters
    GROUP BY shared.old_side
)
SELECT leaf AS id, name, size, was_under, is_under
FROM pairs
JOIN heirs ON pairs.old_root = heirs.side
WHERE pairs.new_root <> heirs.heir
ORDER BY was_under, is_under, id;
