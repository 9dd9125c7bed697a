package dev.sluice;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

/** Holds the code to the architecture, and shows with planted classes that each rule can fail. */
class LevelsTest {

    private static final String PLANTED = "dev.sluice.planted";

    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.sluice");

    private static final JavaClasses VIOLATIONS = new ClassFileImporter().importPackages(PLANTED);

    private static final ArchRule NO_BLOCKING = noClasses()
            .should()
            .accessTargetWhere(calls(
                    "reactor\\.core\\.publisher\\..*", "block|blockOptional|blockFirst|blockLast|toIterable|toStream"))
            .because("an event loop waits for nothing");

    private static final ArchRule NO_SLEEPING = noClasses()
            .should()
            .accessTargetWhere(calls("java\\.lang\\.Thread|java\\.util\\.concurrent\\.TimeUnit", "sleep"))
            .because("whoever waits names what for");

    private static final ArchRule NO_PRINTING = noClasses()
            .that()
            .resideOutsideOfPackage("dev.sluice.demo") // a program beside the gateway, which has no log
            .should(ACCESS_STANDARD_STREAMS)
            .because("what an operator should know goes to the log");

    /** The compiler finds most of these, too; it lets pass whoever asks for the default by name. */
    private static final ArchRule NO_LOCAL_CUSTOMS = noClasses()
            .should()
            .accessTargetWhere(calls("java\\.util\\.(Locale|TimeZone)", "getDefault"))
            .orShould()
            .accessTargetWhere(calls("java\\.time\\.ZoneId", "systemDefault"))
            .orShould()
            .accessTargetWhere(calls("java\\.nio\\.charset\\.Charset", "defaultCharset"))
            .orShould()
            .callMethod(String.class, "toLowerCase")
            .orShould()
            .callMethod(String.class, "toUpperCase")
            .orShould()
            .callMethod(String.class, "getBytes")
            .orShould()
            .callMethod(String.class, "formatted", Object[].class)
            .orShould()
            .callMethod(String.class, "format", String.class, Object[].class)
            .orShould()
            .callMethod(DataSize.class, "toString")
            .because("what machines read depends on no locale, time zone or charset of the JVM");

    @Test
    void importsOnlyFromLowerLevels() {
        levels("dev.sluice").check(MAIN);
    }

    @Test
    void rootPackageHoldsOnlyTheApplication() {
        onlyTheApplicationIn("dev.sluice").check(MAIN);
    }

    @Test
    void everyClassHasANameOfItsOwn() {
        assertThat(sharedNames(MAIN)).isEmpty();
        assertThat(sharedNames(VIOLATIONS)).contains("SeesAdapter");
    }

    /** Simple names of classes in more than one package. */
    private static Set<String> sharedNames(JavaClasses classes) {
        Set<String> seen = new HashSet<>();
        return classes.stream()
                .filter(JavaClass::isTopLevelClass)
                .map(JavaClass::getSimpleName)
                .filter(name -> !name.equals("package-info") && !seen.add(name))
                .collect(Collectors.toSet());
    }

    @Test
    void neverBlocksSleepsOrPrints() {
        NO_BLOCKING.check(MAIN);
        NO_SLEEPING.check(MAIN);
        NO_PRINTING.check(MAIN);
    }

    @Test
    void dependsOnNoLocaleTimeZoneOrCharset() {
        NO_LOCAL_CUSTOMS.check(MAIN);
    }

    @Test
    void plantedImportsAreFound() {
        List<String> found =
                levels(PLANTED).evaluate(VIOLATIONS).getFailureReport().getDetails();
        assertThat(found)
                .anySatisfy(line -> assertThat(line).contains("only lower levels", "planted.job.Upward"))
                .anySatisfy(line -> assertThat(line).contains("only lower levels", "planted.ingress.Sideways"))
                .anySatisfy(line -> assertThat(line).contains("only lower levels", "planted.job.KnowsTheRoot"))
                .anySatisfy(
                        line -> assertThat(line).contains("does not call backend", "planted.management.CallsBackend"))
                .anySatisfy(line -> assertThat(line).contains("imports an adapter", "planted.journal.SeesAdapter"))
                .anySatisfy(line -> assertThat(line).contains("imports an adapter", "planted.ingress.SeesAdapter"))
                .anySatisfy(line -> assertThat(line).contains("imports an adapter", "planted.journal.core.SeesEngine"))
                .anySatisfy(line -> assertThat(line).contains("imports an adapter", "planted.journal.SeesCore"))
                .anySatisfy(
                        line -> assertThat(line).contains("only lower rooms", "planted.ingress.problem.SeesHigherRoom"))
                .anySatisfy(line -> assertThat(line).contains("only lower rooms", "planted.ingress.header.SeesHandler"))
                .anySatisfy(line -> assertThat(line).contains("without a place", "planted.ingress.cellar.Unplaced"))
                .anySatisfy(line -> assertThat(line).contains("stands alone", "planted.ingress.UsesDemo"))
                .anySatisfy(line -> assertThat(line).contains("stands alone", "planted.demo.UsesGateway"))
                .anySatisfy(line -> assertThat(line).contains("without a level", "planted.helpers.Homeless"));
        assertThat(found)
                .as("the legal classes beside them")
                .noneSatisfy(
                        line -> assertThat(line).containsPattern("(Field|Method|Constructor|Class) <[^>]*\\.Legal"));
    }

    @Test
    void plantedClassInTheRootPackageIsFound() {
        assertThat(onlyTheApplicationIn(PLANTED)
                        .evaluate(VIOLATIONS)
                        .getFailureReport()
                        .toString())
                .contains("planted.Stray");
    }

    @Test
    void plantedBlockingSleepingAndPrintingAreFound() {
        assertThat(List.of(NO_BLOCKING, NO_SLEEPING, NO_PRINTING))
                .allSatisfy(rule -> assertThat(
                                rule.evaluate(VIOLATIONS).getFailureReport().toString())
                        .contains("planted.dispatch.Waits"));
        assertThat(NO_BLOCKING.evaluate(VIOLATIONS).getFailureReport().getDetails())
                .as("a call and a method reference")
                .hasSize(2);
    }

    @Test
    void plantedLocalCustomsAreFound() {
        assertThat(NO_LOCAL_CUSTOMS.evaluate(VIOLATIONS).getFailureReport().getDetails())
                .as("a format, letters, bytes, a locale by name")
                .hasSize(4)
                .allMatch(line -> line.contains("planted.dispatch.SpeaksLocally"));
    }

    private static ArchRule levels(String root) {
        return classes().should(new Levels(root));
    }

    private static ArchRule onlyTheApplicationIn(String root) {
        return classes()
                .that()
                .resideInAPackage(root)
                .should()
                .haveNameMatching(".*\\.(SluiceApplication|package-info)");
    }

    private static DescribedPredicate<JavaAccess<?>> calls(String owner, String method) {
        return target(nameMatching(method)).and(target(owner(nameMatching(owner))));
    }
}
