-- The path of every base cluster: the names from its root down to itself.
SELECT
    leaf.id,
    leaf.size,
    string_agg(above.name, ' > ' ORDER BY c.depth DESC) AS path
FROM hierarchy AS leaf
JOIN closure AS c ON leaf.id = c.descendant
JOIN hierarchy AS above ON c.ancestor = above.id
WHERE leaf.level = 0
GROUP BY leaf.id, leaf.size
ORDER BY path, leaf.id;
