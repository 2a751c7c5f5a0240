//! The client's database: schema, migrations, transactions and MLS storage.
