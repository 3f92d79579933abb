{{/* The security of a container: the restricted standard, and a read-only root file system. */}}
{{- define "staffetta.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The security of a pod. OnRootMismatch: PostgreSQL refuses a data folder whose files the group may write. */}}
{{- define "staffetta.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "staffetta.databaseEnv" -}}
{{- if .Values.database.existingSecret }}
- name: STAFFETTA_DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.existingSecret }}
      key: {{ .Values.database.urlKey }}
{{- end }}
{{- end }}

{{/* One pod's spec: (dict "root" $ "component" NAME "settings" VALUES "args" ARGS). */}}
{{- define "staffetta.pod" -}}
{{- $ := .root }}
{{- $settings := .settings }}
{{- $selector := dict "root" .root "component" .component -}}
serviceAccountName: {{ include "staffetta.componentName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "staffetta.graceSeconds" $ }}
securityContext: {{- include "staffetta.podSecurity" $ | nindent 2 }}
{{- with $.Values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . }}{{ end }}
{{- end }}
{{- with $settings.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $settings.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $settings.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $settings.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "staffetta.selectorLabels" $selector | nindent 8 }}
{{- end }}
containers:
  - name: staffetta
    image: {{ include "staffetta.image" $ | quote }}
    imagePullPolicy: {{ $.Values.image.pullPolicy }}
    args: {{ toJson .args }}
    securityContext: {{- include "staffetta.containerSecurity" $ | nindent 6 }}
    env:
      - name: POD_IPS
        valueFrom:
          fieldRef:
            fieldPath: status.podIPs
      # All addresses of the pod, of both families; the first is told to other services. Loopback: kubectl port-forward.
      - name: STAFFETTA_LISTEN
        value: $(POD_IPS),127.0.0.1
      - name: STAFFETTA_CONFIG
        value: /etc/staffetta/config/staffetta.yaml
      - name: NODE_OPTIONS
        value: --max-old-space-size={{ include "staffetta.heapMebibytes" (dict "limit" $settings.resources.limits.memory "isShared" (not $.Values.database.existingSecret)) }}
      {{- with include "staffetta.databaseEnv" $ }}
      {{- . | trim | nindent 6 }}
      {{- end }}
    ports:
      - name: telemetry
        containerPort: 9464
      {{- if not $.Values.allInOne.enabled }}
      - name: grpc
        containerPort: 9465
      {{- end }}
      {{- range include "staffetta.doorPorts" $selector | fromJsonArray }}
      - name: {{ .name }}
        containerPort: {{ .port }}
      {{- end }}
    startupProbe:
      httpGet:
        path: /livez
        port: telemetry
      periodSeconds: 2
      failureThreshold: 60
    readinessProbe:
      httpGet:
        path: /readyz
        port: telemetry
      periodSeconds: 5
      timeoutSeconds: 3
    # Says only whether the event loop turns: an outage of PostgreSQL or Kafka restarts nothing.
    livenessProbe:
      httpGet:
        path: /livez
        port: telemetry
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    {{- if gt (int $.Values.preStopSeconds) 0 }}
    # SIGTERM drains; before it the pod leaves the Services' endpoints.
    lifecycle:
      preStop:
        sleep:
          seconds: {{ $.Values.preStopSeconds }}
    {{- end }}
    resources: {{- toYaml $settings.resources | nindent 6 }}
    volumeMounts: {{- include "staffetta.mounts" . | nindent 6 }}
volumes: {{- include "staffetta.volumes" . | nindent 2 }}
{{- end }}

{{- define "staffetta.hasOperatorSecret" -}}
{{- if and (has .component (list "dashboard" "all-in-one")) .root.Values.doors.dashboard }}true{{ end }}
{{- end }}

{{- define "staffetta.mounts" -}}
- name: config
  mountPath: /etc/staffetta/config
  readOnly: true
- name: data
  mountPath: /data
- name: tmp
  mountPath: /tmp
{{- if include "staffetta.tlsSecret" .root }}
- name: tls
  mountPath: /etc/staffetta/tls
  readOnly: true
{{- end }}
{{- if .root.Values.grpcTls.existingSecret }}
- name: grpc-tls
  mountPath: /etc/staffetta/grpc-tls
  readOnly: true
{{- end }}
{{- include "staffetta.kafkaMount" .root }}
{{- if include "staffetta.hasOperatorSecret" . }}
- name: operator
  mountPath: /etc/staffetta/operator
  readOnly: true
{{- end }}
{{- end }}

{{/* Secrets are mounted whole, never by subPath, so that a renewed certificate arrives. */}}
{{- define "staffetta.volumes" -}}
- name: config
  configMap:
    name: {{ include "staffetta.fullname" .root }}
{{- if ne .component "all-in-one" }}
# No mail: a self-signed certificate where none is given, and the admin token.
- name: data
  emptyDir:
    sizeLimit: 64Mi
{{- end }}
- name: tmp
  emptyDir:
    sizeLimit: 256Mi
{{- if include "staffetta.tlsSecret" .root }}
- name: tls
  secret:
    secretName: {{ include "staffetta.tlsSecret" .root }}
    defaultMode: 0440
{{- end }}
{{- with .root.Values.grpcTls.existingSecret }}
- name: grpc-tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- include "staffetta.kafkaVolume" .root }}
{{- if include "staffetta.hasOperatorSecret" . }}
- name: operator
  secret:
    secretName: {{ include "staffetta.adminSecret" .root }}
    defaultMode: 0440
    items:
      - key: {{ ternary .root.Values.operator.passwordKey "password" (ne .root.Values.operator.existingSecret "") }}
        path: password
{{- end }}
{{- end }}

{{- define "staffetta.kafkaMount" }}
{{- if or .Values.kafka.caSecret .Values.kafka.existingSecret }}
- name: kafka
  mountPath: /etc/staffetta/kafka
  readOnly: true
{{- end }}
{{- end }}

{{/* Of two Secrets, for whoever signs for the brokers is kept apart from the user: Strimzi's way. */}}
{{- define "staffetta.kafkaVolume" }}
{{- $kafka := .Values.kafka }}
{{- if or $kafka.caSecret $kafka.existingSecret }}
- name: kafka
  projected:
    defaultMode: 0440
    sources:
      {{- if $kafka.caSecret }}
      - secret:
          name: {{ $kafka.caSecret }}
          items:
            - key: {{ $kafka.caKey }}
              path: ca.crt
      {{- end }}
      {{- if $kafka.existingSecret }}
      - secret:
          name: {{ $kafka.existingSecret }}
          items:
            {{- with $kafka.certKey }}
            - key: {{ . }}
              path: user.crt
            {{- end }}
            {{- with $kafka.keyKey }}
            - key: {{ . }}
              path: user.key
            {{- end }}
            {{- if include "staffetta.hasKafkaPassword" . }}
            - key: {{ $kafka.passwordKey }}
              path: password
            {{- end }}
      {{- end }}
{{- end }}
{{- end }}

{{- define "staffetta.podMetadata" -}}
labels: {{- include "staffetta.labels" (dict "root" .root "component" .component) | nindent 2 }}
{{- with .settings.podLabels }}
{{- toYaml . | nindent 2 }}
{{- end }}
annotations:
  # A changed configuration rolls the pods.
  checksum/config: {{ include "staffetta.config" .root | sha256sum }}
{{- with .settings.podAnnotations }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
