//! Rust sources as the rules look at them: functions with their lines, and which lines are tests.

use std::ops::RangeInclusive;

use anyhow::{Context, Result};
use syn::{
    Attribute, Meta,
    spanned::Spanned,
    visit::{self, Visit},
};

/// A function and the lines from its signature to its closing brace, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) lines: RangeInclusive<usize>,
}

/// What the rules need of a source file.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Every function with a body, methods and nested ones included.
    pub(super) functions: Vec<Function>,
    /// Lines of test functions and test modules, attributes and comments right above them included.
    pub(super) tests: Vec<RangeInclusive<usize>>,
    /// Every path that a `use` brings in, written out: `std::fs::File`; with its line.
    pub(super) imports: Vec<(usize, String)>,
}

impl Source {
    /// Parses a source file; `shown` names it in the error.
    pub(super) fn parse(text: &str, shown: &str) -> Result<Self> {
        let file = syn::parse_file(text).with_context(|| format!("{shown} is not valid Rust"))?;
        let mut source = Self::default();
        source.visit_file(&file);
        for range in &mut source.tests {
            *range = comment_start(text, *range.start())..=*range.end();
        }
        Ok(source)
    }

    /// Whether a line, counted from 1, belongs to a test.
    pub(super) fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&line))
    }

    fn function(&mut self, attributes: &[Attribute], signature: &syn::Signature, block: &syn::Block) {
        let start = signature.span().start().line;
        let lines = start..=block.span().end().line;
        if attributes.iter().any(is_test) {
            let first =
                attributes.iter().map(|attribute| attribute.span().start().line).min().unwrap_or(start);
            self.tests.push(first..=*lines.end());
        }
        self.functions.push(Function { name: signature.ident.to_string(), lines });
    }

    fn import(&mut self, prefix: &str, tree: &syn::UseTree) {
        let line = tree.span().start().line;
        match tree {
            syn::UseTree::Path(path) => self.import(&format!("{prefix}{}::", path.ident), &path.tree),
            syn::UseTree::Name(name) => self.imports.push((line, format!("{prefix}{}", name.ident))),
            syn::UseTree::Rename(name) => self.imports.push((line, format!("{prefix}{}", name.ident))),
            syn::UseTree::Glob(_) => self.imports.push((line, format!("{prefix}*"))),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.import(prefix, item)),
        }
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.attrs, &item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.attrs, &item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.attrs.iter().any(is_cfg_test) {
            let span = item.span();
            self.tests.push(span.start().line..=span.end().line);
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.import("", &item.tree);
    }
}

/// `#[test]`, `#[tokio::test]` and their kin.
fn is_test(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "test")
}

fn is_cfg_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string();
    attribute.path().is_ident("cfg") && (condition == "test" || condition.starts_with("all (test"))
}

/// The first line of the comment that ends right above `line`, or `line` itself.
fn comment_start(text: &str, line: usize) -> usize {
    let lines: Vec<&str> = text.lines().take(line.saturating_sub(1)).collect();
    let comments = lines.iter().rev().take_while(|line| line.trim_start().starts_with("//")).count();
    line - comments
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "use std::{fs, net::TcpStream};
impl A {
    fn long() {
        fn nested() {}
    }
}
// CORE-1
#[tokio::test]
async fn sends() {}
#[cfg(test)]
mod tests {
    fn helper() {}
}
";

    #[test]
    fn functions_are_found_wherever_they_are() {
        let source = Source::parse(TEXT, "a.rs").expect("valid");
        let names: Vec<_> = source.functions.iter().map(|function| function.name.as_str()).collect();
        assert_eq!(names, ["long", "nested", "sends", "helper"]);
        assert_eq!(source.functions[0].lines, 3..=5);
    }

    #[test]
    fn tests_begin_with_the_comment_above_them() {
        let source = Source::parse(TEXT, "a.rs").expect("valid");
        assert_eq!(source.tests, [7..=9, 10..=13]);
        assert!(source.is_test(7) && !source.is_test(6));
    }

    #[test]
    fn grouped_imports_are_written_out() {
        let source = Source::parse(TEXT, "a.rs").expect("valid");
        assert_eq!(source.imports, [(1, "std::fs".to_owned()), (1, "std::net::TcpStream".to_owned())]);
    }
}
