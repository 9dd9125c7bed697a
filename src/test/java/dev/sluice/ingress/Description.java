package dev.sluice.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * An OpenAPI description, held against what the gateway answers. Objects in it are closed, so a member that the gateway
 * writes and the description does not know is an error.
 */
public final class Description {

    private static final JsonMapper JSON = new JsonMapper();

    private final JsonNode document;
    private final Set<String> seen = new TreeSet<>();

    public Description(byte[] json) {
        document = JSON.readTree(json);
        assertThat(document.get("openapi").asString()).isEqualTo("3.1.0");
        checkItself();
    }

    /** The paths and what they have. */
    public JsonNode paths() {
        return document.get("paths");
    }

    /** Names of the methods of a path. */
    public Set<String> methods(String path) {
        Set<String> methods = new TreeSet<>();
        paths().get(path).propertyNames().forEach(name -> methods.add(name.toUpperCase(Locale.ROOT)));
        methods.remove("PARAMETERS");
        return methods;
    }

    /** What was checked: method, path and status. */
    public Set<String> seen() {
        return seen;
    }

    /** Says whether the description foresees this answer. */
    public void check(String method, String path, Wire.Reply reply) {
        JsonNode responses =
                paths().get(path).get(method.toLowerCase(Locale.ROOT)).get("responses");
        JsonNode exact = responses.get(Integer.toString(reply.status()));
        JsonNode response = exact != null ? exact : responses.get("default");
        String what = method + " " + path + " " + reply.status();
        assertThat(response).as("%s is described; %s", what, reply.text()).isNotNull();
        seen.add(what);
        check(what, resolve(response), reply, !method.equals("HEAD"));
    }

    /** Says whether the description has such a response among its components. */
    public void check(String component, Wire.Reply reply) {
        check(component, document.at("/components/responses/" + component), reply, true);
    }

    private void check(String what, JsonNode response, Wire.Reply reply, boolean hasBody) {
        JsonNode headers = response.get("headers");
        if (headers != null) {
            headers.propertyStream().forEach(header -> {
                JsonNode described = resolve(header.getValue());
                String value = reply.field(header.getKey());
                if (value != null) {
                    validate(what + " " + header.getKey(), described.get("schema"), JSON.valueToTree(value));
                } else {
                    assertThat(described.has("required"))
                            .as("%s lacks the required %s", what, header.getKey())
                            .isFalse();
                }
            });
        }
        JsonNode content = response.get("content");
        if (content == null || !hasBody) {
            assertThat(hasBody && content == null ? reply.body() : new byte[0])
                    .as("%s has no body", what)
                    .isEmpty();
        } else if (!content.has("*/*") || content.has(String.valueOf(reply.field("Content-Type")))) {
            JsonNode media = content.get(reply.field("Content-Type"));
            assertThat(media)
                    .as("%s has the media type %s", what, reply.field("Content-Type"))
                    .isNotNull();
            body(what, media, reply);
        }
    }

    private void body(String what, JsonNode media, Wire.Reply reply) {
        if (media.has("x-events")) {
            for (String block : new String(reply.body(), StandardCharsets.UTF_8).split("\n\n")) {
                event(what, media.get("x-events"), block);
            }
        } else {
            validate(what, media.get("schema"), reply.json());
        }
    }

    private void event(String what, JsonNode events, String block) {
        String name = null;
        for (String line : block.split("\n")) {
            if (line.startsWith("event: ")) {
                name = line.substring("event: ".length());
                assertThat(events.has(name))
                        .as("%s has the event %s", what, name)
                        .isTrue();
                seen.add("event " + name);
            } else if (line.startsWith("data: ")) {
                validate(what + " " + name, events.get(name), JSON.readTree(line.substring("data: ".length())));
            }
        }
    }

    private void validate(String what, JsonNode schema, JsonNode instance) {
        ObjectNode whole = JSON.createObjectNode();
        whole.set("allOf", JSON.createArrayNode().add(schema));
        whole.set("components", document.get("components"));
        assertThat(SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                        .getSchema(whole)
                        .validate(
                                instance,
                                context -> context.executionConfig(config -> config.formatAssertionsEnabled(true))))
                .as("%s: %s", what, instance)
                .isEmpty();
    }

    private JsonNode resolve(JsonNode node) {
        JsonNode reference = node.get("$ref");
        return reference == null ? node : document.at(reference.asString().substring(1));
    }

    /** What tools rely on and no answer shows. */
    private void checkItself() {
        document.findValues("$ref")
                .forEach(reference -> assertThat(
                                document.at(reference.asString().substring(1)).isMissingNode())
                        .as("%s leads nowhere", reference)
                        .isFalse());
        List<String> operations = new ArrayList<>();
        paths().propertyStream()
                .forEach(path -> methods(path.getKey()).forEach(method -> {
                    JsonNode operation = path.getValue().get(method.toLowerCase(Locale.ROOT));
                    operations.add(operation.get("operationId").asString());
                    operation
                            .get("responses")
                            .forEach(response -> assertThat(resolve(response).has("description"))
                                    .as("%s %s describes all its responses", method, path.getKey())
                                    .isTrue());
                    assertThat(path.getKey().contains("{id}"))
                            .as("%s has an id if it has parameters of the path", path.getKey())
                            .isEqualTo(path.getValue().has("parameters"));
                }));
        assertThat(operations).doesNotHaveDuplicates();
        document.at("/components/schemas")
                .propertyStream()
                .forEach(schema -> assertThat(schema.getValue().has("properties")
                                && !schema.getValue().has("additionalProperties"))
                        .as("%s is open", schema.getKey())
                        .isFalse());
    }
}
