//! Keys that protect: TLS, SASL, authorization, policies.

use super::columns::*;

keys! {
    public:
    "alter.config.policy.class.name", Class, Null, Any, Low, ReadOnly, Protects,
        "The class that decides which configurations may be altered.";
    "authorizer.class.name", String, Is(""), NonNull, Low, ReadOnly, Protects,
        "The class that decides who may do what.";
    "client.quota.callback.class", Class, Null, Any, Low, ReadOnly, Protects,
        "The class that decides which client quotas apply.";
    "config.providers", List, Is(""), ListOf(&[]), Low, ClusterWide, Protects,
        "Names of the providers that replace variables in configuration values.";
    "connection.failed.authentication.delay.ms", Int, Is("100"),
        AtLeast(0), Low, ReadOnly, WithoutMeaning,
        "Milliseconds a connection stays open after a failed authentication.";
    "connections.max.reauth.ms", Long, Is("0"), Any, Medium, ReadOnly, Protects,
        "Milliseconds after which a SASL connection must authenticate again.";
    "create.topic.policy.class.name", Class, Null, Any, Low, ReadOnly, Protects,
        "The class that decides which topics may be created.";
    "delegation.token.expiry.check.interval.ms", Long, Is("3600000"),
        AtLeast(1), Low, ReadOnly, NotYet,
        "A setting of delegation tokens.";
    "delegation.token.expiry.time.ms", Long, Is("86400000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of delegation tokens.";
    "delegation.token.max.lifetime.ms", Long, Is("604800000"), AtLeast(1), Medium, ReadOnly, NotYet,
        "A setting of delegation tokens.";
    "delegation.token.secret.key", Password, Null, Any, Medium, ReadOnly, Protects,
        "A setting of delegation tokens.";
    "principal.builder.class", Class,
        Is("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"),
        Any, Medium, PerBroker, Protects,
        "The class that names who is connected.";
    "sasl.client.callback.handler.class", Class, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.enabled.mechanisms", List, Is("GSSAPI"), ListOf(&[]), Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.jaas.config", Password, Null, Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.kerberos.kinit.cmd", String, Is("/usr/bin/kinit"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.kerberos.min.time.before.relogin", Long, Is("60000"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.kerberos.principal.to.local.rules", List, Is("DEFAULT"),
        ListOf(&[]), Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.kerberos.service.name", String, Null, Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.kerberos.ticket.renew.jitter", Double, Is("0.05"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.kerberos.ticket.renew.window.factor", Double, Is("0.8"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.login.callback.handler.class", Class, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.login.class", Class, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.login.connect.timeout.ms", Int, Null, Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.login.read.timeout.ms", Int, Null, Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.login.refresh.buffer.seconds", Short, Is("300"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.login.refresh.min.period.seconds", Short, Is("60"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.login.refresh.window.factor", Double, Is("0.8"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.login.refresh.window.jitter", Double, Is("0.05"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.login.retry.backoff.max.ms", Long, Is("10000"), Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.login.retry.backoff.ms", Long, Is("100"), Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.mechanism.controller.protocol", String, Is("GSSAPI"), Any, High, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.mechanism.inter.broker.protocol", String, Is("GSSAPI"), Any, Medium, PerBroker, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.algorithm", String, Is("RS256"),
        OneOfIgnoringCase(&["ES256", "RS256"]), Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.claim.aud", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.claim.exp.seconds", Int, Is("300"),
        Between(0, 86400), Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.claim.iss", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.claim.jti.include", Boolean, Is("false"),
        Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.claim.nbf.seconds", Int, Is("60"),
        Between(0, 3600), Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.claim.sub", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.file", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.private.key.file", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.private.key.passphrase", Password, Null,
        Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.assertion.template.file", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.client.credentials.client.id", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.client.credentials.client.secret", Password, Null,
        Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.clock.skew.seconds", Int, Is("30"), Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.expected.audience", List, Is(""), ListOf(&[]), High, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.expected.issuer", String, Null, Any, High, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.jwks.endpoint.refresh.ms", Long, Is("3600000"), Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Long, Is("10000"),
        Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Long, Is("100"),
        Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.jwks.endpoint.url", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.jwt.retriever.class", Class,
        Is("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"),
        Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.jwt.validator.class", Class,
        Is("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"),
        Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.scope", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.scope.claim.name", String, Is("scope"), Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.sub.claim.name", String, Is("sub"), Any, Low, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.oauthbearer.token.endpoint.url", String, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.server.callback.handler.class", Class, Null, Any, Medium, ReadOnly, Protects,
        "A setting of SASL authentication.";
    "sasl.server.max.receive.size", Int, Is("524288"), Any, Medium, ReadOnly, WithoutMeaning,
        "A setting of SASL authentication.";
    "security.inter.broker.protocol", String, Is("PLAINTEXT"),
        OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]), Medium, ReadOnly, Honoured,
        "The security protocol brokers use among themselves, if no listener is named for it.";
    "security.providers", String, Null, Any, Low, ReadOnly, Protects,
        "Java security providers to load.";
    "ssl.allow.dn.changes", Boolean, Is("false"), Any, Low, ReadOnly, Protects,
        "A setting of TLS listeners.";
    "ssl.allow.san.changes", Boolean, Is("false"), Any, Low, ReadOnly, Protects,
        "A setting of TLS listeners.";
    "ssl.cipher.suites", List, Is(""), ListOf(&[]), Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.client.auth", String, Is("none"),
        OneOf(&["required", "requested", "none"]), Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.enabled.protocols", List, Is("TLSv1.2,TLSv1.3"), ListOf(&[]), Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.endpoint.identification.algorithm", String, Is("https"), Any, Low, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.engine.factory.class", Class, Null, Any, Low, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.key.password", Password, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.keymanager.algorithm", String, Is("SunX509"), Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.keystore.certificate.chain", Password, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.keystore.key", Password, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.keystore.location", String, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.keystore.password", Password, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.keystore.type", String, Is("JKS"), Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.principal.mapping.rules", String, Is("DEFAULT"), Any, Low, ReadOnly, Protects,
        "A setting of TLS listeners.";
    "ssl.protocol", String, Is("TLSv1.3"), Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.provider", String, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.secure.random.implementation", String, Null, Any, Low, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.trustmanager.algorithm", String, Is("PKIX"), Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.truststore.certificates", Password, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.truststore.location", String, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.truststore.password", Password, Null, Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
    "ssl.truststore.type", String, Is("JKS"), Any, Medium, PerBroker, Protects,
        "A setting of TLS listeners.";
}
