# Equally labelled clusters become a parent; one alone moves up as it is. The rest of a parent (id,
# slug, level, size) follows from its name and members.
$labels | group_by(.candidate_id) | .[]
| if length == 1
  then { id: .[0].cluster_id }
  else { name: $candidates[.[0].candidate_id].name, members: map(.cluster_id) }
  end
