//! Join conditions as polars takes them: what was there before on the left, what is joined on the right.
//!
//! SQL does not mind which side stands first. polars 0.55 finds out by names, and where both sides' names
//! are columns of both tables, as `id` and `parent_id` are in a hierarchy that is joined with itself behind
//! another table, it takes them as they stand, and joins what was not meant, without a word.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, JoinConstraint, JoinOperator, Select, TableFactor, TableWithJoins,
    VisitMut, VisitorMut, visit_expressions,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserOptions};

/// `sql` with the sides of its join conditions in order; `None` where they are, or where it is no SQL.
pub(crate) fn in_order(sql: &str) -> Option<String> {
    let options = ParserOptions { trailing_commas: true, ..ParserOptions::default() };
    let parser = Parser::new(&GenericDialect).with_options(options);
    let mut statements = parser.try_with_sql(sql).ok()?.parse_statements().ok()?;
    let mut turning = Turning::default();
    let _: ControlFlow<()> = statements.visit(&mut turning);
    let texts: Vec<String> = statements.iter().map(ToString::to_string).collect();
    turning.any.then(|| texts.join("; "))
}

#[derive(Default)]
struct Turning {
    any: bool,
}

impl VisitorMut for Turning {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        select.from.iter_mut().for_each(|from| self.joins(from));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            self.joins(table_with_joins);
        }
        ControlFlow::Continue(())
    }
}

impl Turning {
    fn joins(&mut self, from: &mut TableWithJoins) {
        for join in &mut from.joins {
            if let Some(joined) = name(&join.relation)
                && let Some(JoinConstraint::On(condition)) = constraint(&mut join.join_operator)
            {
                self.turn(condition, &joined);
            }
        }
    }

    fn turn(&mut self, condition: &mut Expr, joined: &str) {
        match condition {
            Expr::Nested(inner) => self.turn(inner, joined),
            Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
                self.turn(left, joined);
                self.turn(right, joined);
            }
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right }
                if speaks_of(left, joined) && !speaks_of(right, joined) =>
            {
                std::mem::swap(left, right);
                self.any = true;
            }
            _ => {}
        }
    }
}

/// What a table is called in the rest of the question.
fn name(relation: &TableFactor) -> Option<String> {
    match relation {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. } => Some(alias.name.value.clone()),
        TableFactor::Table { name, .. } => Some(name.0.first()?.as_ident()?.value.clone()),
        _ => None,
    }
}

fn constraint(operator: &mut JoinOperator) -> Option<&mut JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::Semi(constraint)
        | JoinOperator::LeftSemi(constraint)
        | JoinOperator::Anti(constraint)
        | JoinOperator::LeftAnti(constraint) => Some(constraint),
        _ => None,
    }
}

fn speaks_of(expr: &Expr, table: &str) -> bool {
    let found = visit_expressions(expr, |expr| match expr {
        Expr::CompoundIdentifier(parts)
            if parts.first().is_some_and(|part| part.value == table) =>
        {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_joined_stands_on_the_right() {
        let turned = in_order(
            "SELECT p.name FROM labels AS l JOIN hierarchy AS h ON h.id = l.cluster_id \
             LEFT JOIN (SELECT * FROM hierarchy) AS p ON (p.id = h.parent_id AND h.level = p.level)",
        );
        assert_eq!(
            turned.as_deref(),
            Some(
                "SELECT p.name FROM labels AS l JOIN hierarchy AS h ON l.cluster_id = h.id \
                 LEFT JOIN (SELECT * FROM hierarchy) AS p ON (h.parent_id = p.id AND h.level = p.level)"
            )
        );
        let inner = in_order("WITH x AS (SELECT a.i FROM a JOIN b ON b.i = a.i) SELECT i FROM x");
        assert!(inner.is_some_and(|sql| sql.contains("ON a.i = b.i")));
    }

    #[test]
    fn what_is_in_order_is_left_alone() {
        assert_eq!(in_order("SELECT a.i FROM a JOIN b ON a.i = b.i WHERE b.i = a.i"), None);
        assert_eq!(in_order("SELEC nothing"), None);
    }
}
