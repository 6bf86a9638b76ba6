-- The items below a root, each with the base cluster that it is in: put the beginning of another name here.
WITH below AS (
    SELECT l.id, l.name, l.members
    FROM hierarchy AS r
    JOIN closure AS c ON r.id = c.ancestor
    JOIN hierarchy AS l ON c.descendant = l.id
    WHERE r.parent_id IS NULL AND l.level = 0 AND r.name LIKE 'Invoices%'
)
SELECT unnest(members) AS item, id AS cluster_id, name AS cluster
FROM below
ORDER BY cluster_id, item;
