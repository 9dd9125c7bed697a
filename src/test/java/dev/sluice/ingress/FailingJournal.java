package dev.sluice.ingress;

import dev.sluice.journal.Journal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.core.publisher.Mono;

/** Makes verbs of a journal fail for as long as a test wants. */
final class FailingJournal {

    private record Fault(RuntimeException error, boolean thrown) {}

    private final Map<String, Fault> faults = new ConcurrentHashMap<>();

    /** The verb throws, which no journal should. */
    void throwing(String verb, RuntimeException error) {
        faults.put(verb, new Fault(error, true));
    }

    /** What the verb gives back fails. */
    void failing(String verb, RuntimeException error) {
        faults.put(verb, new Fault(error, false));
    }

    void recover() {
        faults.clear();
    }

    /** Takes the place of the journal. */
    Object around(Object part) {
        return part instanceof Journal journal ? proxy(journal) : part;
    }

    private Journal proxy(Journal journal) {
        return (Journal) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Journal.class}, (proxy, method, arguments) -> {
                    Fault fault = faults.get(method.getName());
                    if (fault != null && fault.thrown()) {
                        throw fault.error();
                    } else if (fault != null) {
                        return Mono.error(fault.error());
                    }
                    try {
                        return method.invoke(journal, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
