//! Checks JSON against a JSON Schema, as far as ours go: a keyword that is not known here is a fault, and so is a member
//! that the schema does not describe, for it would be shipped without a word on what it is.

// Each file of tests is a crate of its own.
#![allow(unreachable_pub)]

use regex::Regex;
use serde_json::Value;

/// Keywords that only explain.
const NOTES: [&str; 5] = ["$schema", "$defs", "title", "description", "required"];

/// What is wrong with `value`, by the whole `schema` and one that stands in it.
pub fn faults(schema: &Value, of: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, of, value, "", &mut faults);
    faults
}

fn check(schema: &Value, of: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    for (keyword, rule) in of.as_object().unwrap() {
        let is_met = match keyword.as_str() {
            "$ref" => {
                let path = rule.as_str().unwrap().strip_prefix('#').unwrap();
                check(schema, schema.pointer(path).unwrap(), value, at, faults);
                true
            }
            "type" => match rule.as_str().unwrap() {
                "string" => value.is_string(),
                "integer" => value.is_i64() || value.is_u64(),
                "number" => value.is_number(),
                "boolean" => value.is_boolean(),
                "object" => value.is_object(),
                "array" => value.is_array(),
                other => panic!("type {other}"),
            },
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "minimum" => value.as_f64() >= rule.as_f64(),
            "pattern" => Regex::new(rule.as_str().unwrap())
                .unwrap()
                .is_match(value.as_str().unwrap_or("")),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(schema, rule, item, &format!("{at}/{n}"), faults);
                }
                true
            }
            "properties" => {
                members(schema, of, value, at, faults);
                true
            }
            "additionalProperties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    check(schema, rule, member, &format!("{at}/{name}"), faults);
                }
                true
            }
            note if NOTES.contains(&note) => true,
            other => panic!("{other} is not known here"),
        };
        if !is_met {
            faults.push(format!("{at}: {keyword} {rule}: {value}"));
        }
    }
}

fn members(schema: &Value, of: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let Some(members) = value.as_object() else {
        return;
    };
    for name in of["required"].as_array().into_iter().flatten() {
        if !members.contains_key(name.as_str().unwrap()) {
            faults.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, member) in members {
        match &of["properties"][name] {
            Value::Null => faults.push(format!("{at}/{name}: is not described")),
            rule => check(schema, rule, member, &format!("{at}/{name}"), faults),
        }
    }
}
