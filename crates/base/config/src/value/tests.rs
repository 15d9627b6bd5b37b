//! Tests of values.

use crate::key::Kind;
use crate::value::Value;

fn parse(kind: Kind, text: &str) -> Result<Value, String> {
    Value::parse("the.key", kind, text).map_err(|error| error.message().to_owned())
}

#[test]
fn numbers_are_bounded_by_their_type() {
    assert_eq!(
        parse(Kind::Int, " 2147483647 "),
        Ok(Value::Number(2147483647))
    );
    assert_eq!(
        parse(Kind::Int, "2147483648"),
        Err("Invalid value 2147483648 for configuration the.key: Not a number of type INT".into())
    );
    assert_eq!(
        parse(Kind::Short, "40000"),
        Err("Invalid value 40000 for configuration the.key: Not a number of type SHORT".into())
    );
    assert_eq!(
        parse(Kind::Long, "ten"),
        Err("Invalid value ten for configuration the.key: Not a number of type LONG".into())
    );
}

#[test]
fn a_boolean_is_true_or_false_in_any_case() {
    assert_eq!(parse(Kind::Boolean, "TRUE"), Ok(Value::Boolean(true)));
    assert_eq!(
        parse(Kind::Boolean, "yes"),
        Err(
            "Invalid value yes for configuration the.key: Expected value to be either true or \
         false"
                .into()
        )
    );
}

#[test]
fn a_list_is_split_at_commas_and_trimmed() {
    let items = ["a", "b", ""].map(str::to_owned).to_vec();
    assert_eq!(parse(Kind::List, " a , b,"), Ok(Value::List(items)));
    assert_eq!(parse(Kind::List, "  "), Ok(Value::List(vec![])));
}

#[test]
fn doubles_are_shown_as_java_shows_them() {
    for (text, shown) in [
        ("0.5", "0.5"),
        ("1", "1.0"),
        ("0", "0.0"),
        ("1e10", "1.0E10"),
        ("0.00012", "1.2E-4"),
        ("1.7976931348623157E308", "1.7976931348623157E308"),
    ] {
        let value = parse(Kind::Double, text).unwrap();
        assert_eq!(value.described().as_deref(), Some(shown));
    }
}

#[test]
fn no_double_is_infinite() {
    for text in ["inf", "NaN", "1e999", "0x10"] {
        assert!(parse(Kind::Double, text).is_err(), "{text}");
    }
}
