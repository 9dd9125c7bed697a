package dev.sluice.representation;

/** Chooses how a job is shown: by its route and by the resource that is asked for. Immutable. */
public final class Representations {

    /** The resources of a job that are shown by a representation. */
    public enum Resource {
        /** A configured route, which accepts jobs. */
        ROUTE,
        /** The job itself, {@code /jobs/{id}}. */
        STATUS,
        /** {@code /jobs/{id}/operation}. */
        OPERATION,
        /** {@code /jobs/{id}/result}. */
        RESULT
    }

    private final JobRepresentation own;
    private final JobRepresentation operation;

    public Representations(JobJson json) {
        own = new SluiceRepresentation(json);
        operation = new OperationRepresentation(json);
    }

    /**
     * The representation of a job. No route has another than the rest so far.
     *
     * @param route the id of the job's route, which may be configured no longer
     */
    public JobRepresentation of(String route, Resource resource) {
        return of(resource);
    }

    /** The representation of a resource as long as the route is unknown, as it is of a job that is not there. */
    public JobRepresentation of(Resource resource) {
        return resource == Resource.OPERATION ? operation : own;
    }

    /** The representation of problems that concern no route and no job. */
    public JobRepresentation usual() {
        return own;
    }
}
