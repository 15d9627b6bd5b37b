import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;

/**
 * Says what bytes Kafka makes of a message. A line in: class, version and JSON, separated by tabs.
 * A line out: the bytes in hexadecimal digits, or "error" and why. A class that the jars lack gives
 * "absent". With the argument "tables": one line for every API key and every error instead.
 */
public final class MessageOracle {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Method> READERS = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        if (arguments.length == 1 && arguments[0].equals("tables")) {
            tables(out);
            return;
        }
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.print(answer(line.split("\t", 3)));
            out.print('\n');
        }
        out.flush();
    }

    private static void tables(PrintStream out) {
        for (ApiKeys key : ApiKeys.values()) {
            if (!key.hasValidVersion()) {
                continue;
            }
            ApiMessageType type = key.messageType;
            short lowest = type.lowestSupportedVersion();
            short highest = type.highestSupportedVersion(true);
            out.printf("api %d %s %d-%d unstable=%b broker=%b controller=%b headers=",
                key.id, key.name, lowest, highest, type.latestVersionUnstable(),
                type.listeners().contains(ApiMessageType.ListenerType.BROKER),
                type.listeners().contains(ApiMessageType.ListenerType.CONTROLLER));
            for (short version = lowest; version <= highest; version++) {
                out.printf("%d/%d,", key.requestHeaderVersion(version),
                    key.responseHeaderVersion(version));
            }
            out.print('\n');
        }
        for (Errors error : Errors.values()) {
            out.printf("error %d %s retriable=%b\n", error.code(), error.name(),
                error.exception() instanceof RetriableException);
        }
        out.flush();
    }

    private static String answer(String[] parts) {
        try {
            return bytes(parts[0], Short.parseShort(parts[1]), JSON.readTree(parts[2]));
        } catch (ClassNotFoundException absent) {
            return "absent";
        } catch (InvocationTargetException failure) {
            return "error " + oneLine(failure.getCause());
        } catch (Exception failure) {
            return "error " + oneLine(failure);
        }
    }

    private static String bytes(String name, short version, JsonNode json) throws Exception {
        Method reader = READERS.get(name);
        if (reader == null) {
            Class<?> converter = Class.forName(name + "JsonConverter");
            reader = converter.getMethod("read", JsonNode.class, short.class);
            READERS.put(name, reader);
        }
        Message message = (Message) reader.invoke(null, json, version);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) {
            return "error " + buffer.remaining() + " bytes were announced and not written";
        }
        buffer.flip();
        Message copy = (Message) reader.getReturnType()
            .getConstructor(Readable.class, short.class)
            .newInstance(new ByteBufferAccessor(buffer.duplicate()), version);
        if (!copy.equals(message)) {
            return "error what was written is not what is read: " + copy;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static String oneLine(Throwable failure) {
        return failure.toString().replace('\n', ' ');
    }
}
