//! The same answer every time: what SQL leaves open is in the order of the tables' rows.
//!
//! polars spreads rows over threads by hashes that differ from process to process. Wherever a plan may
//! choose an order, it is told to keep the one it finds.

use std::sync::Arc;

use polars::prelude::{DslPlan, MaintainOrderJoin};

/// `plan`, which keeps the order of rows.
pub(crate) fn kept(plan: DslPlan) -> DslPlan {
    match plan {
        DslPlan::GroupBy { input, keys, predicates, aggs, options, apply, .. } => {
            let (input, maintain_order) = (below(&input), true);
            DslPlan::GroupBy { input, keys, predicates, aggs, maintain_order, options, apply }
        }
        DslPlan::Join { input_left, input_right, left_on, right_on, predicates, options } => {
            let mut options = Arc::unwrap_or_clone(options);
            options.args.maintain_order = MaintainOrderJoin::LeftRight;
            DslPlan::Join {
                input_left: below(&input_left),
                input_right: below(&input_right),
                left_on,
                right_on,
                predicates,
                options: Arc::new(options),
            }
        }
        DslPlan::Distinct { input, mut options } => {
            options.maintain_order = true;
            DslPlan::Distinct { input: below(&input), options }
        }
        DslPlan::Sort { input, by_column, slice, mut sort_options } => {
            sort_options.maintain_order = true;
            DslPlan::Sort { input: below(&input), by_column, slice, sort_options }
        }
        DslPlan::IR { dsl, .. } => kept(Arc::unwrap_or_clone(dsl)),
        other => in_order(other),
    }
}

fn below(plan: &Arc<DslPlan>) -> Arc<DslPlan> {
    Arc::new(kept(plan.as_ref().clone()))
}

/// What keeps its rows in order by itself.
fn in_order(plan: DslPlan) -> DslPlan {
    let each = |plans: Vec<DslPlan>| plans.into_iter().map(kept).collect();
    match plan {
        DslPlan::Filter { input, predicate } => DslPlan::Filter { input: below(&input), predicate },
        DslPlan::Select { expr, input, options } => {
            DslPlan::Select { expr, input: below(&input), options }
        }
        DslPlan::HStack { input, exprs, options } => {
            DslPlan::HStack { input: below(&input), exprs, options }
        }
        DslPlan::Slice { input, offset, len } => {
            DslPlan::Slice { input: below(&input), offset, len }
        }
        DslPlan::MapFunction { input, function } => {
            DslPlan::MapFunction { input: below(&input), function }
        }
        DslPlan::Cache { input, id } => DslPlan::Cache { input: below(&input), id },
        DslPlan::Union { inputs, args } => DslPlan::Union { inputs: each(inputs), args },
        DslPlan::HConcat { inputs, options } => DslPlan::HConcat { inputs: each(inputs), options },
        DslPlan::ExtContext { input, contexts } => {
            DslPlan::ExtContext { input: below(&input), contexts: each(contexts) }
        }
        other => other,
    }
}
