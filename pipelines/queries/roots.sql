-- Roots with their shares of all items, and how many base clusters are below each.
WITH base AS (
    SELECT c.ancestor, count(*) AS clusters
    FROM closure AS c
    JOIN hierarchy AS h ON c.descendant = h.id
    WHERE h.level = 0
    GROUP BY c.ancestor
),
total AS (
    SELECT sum(size) AS items FROM hierarchy WHERE parent_id IS NULL
)
SELECT
    r.name,
    r.size,
    round(100.0 * r.size / total.items, 1) AS percent,
    base.clusters
FROM hierarchy AS r
JOIN base ON r.id = base.ancestor
CROSS JOIN total
WHERE r.parent_id IS NULL
ORDER BY r.size DESC, r.name;
